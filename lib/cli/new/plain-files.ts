/** A new project without HTTP: a program that shows its notes, and shows them again whenever they change. */

import { unindented } from "./unindented.js";
import type { ProjectFiles } from "./write-project.js";

export const plainFiles: ProjectFiles = {
  "src/main.ts": unindented(`
  import { createInterface } from "node:readline/promises";
  import { from } from "plinth";
  import { Note } from "./note.js";
  import { openStore } from "./store.js";

  const { repo, tenant, sync, close } = await openStore();
  const page = await sync.subscribe(tenant, { notes: sync.all(from(Note).orderBy("insertedAt")) });

  const show = () => {
    console.log(\`\\n\${page.value.notes.length} notes\`);
    for (const { text } of page.value.notes) console.log(\`- \${text}\`);
  };
  show();
  page.on("change", show);

  console.log("Type a note and press Return; Ctrl-C ends the program.");
  const input = createInterface({ input: process.stdin });
  process.once("SIGINT", () => input.close());
  for await (const text of input) {
    const result = await repo.tryInsert(Note.changeset(Note, { text }), { tenant });
    if (!result.ok) console.error(result.changeset.traverseErrors());
  }
  await close();
`),
  "test/notes.test.ts": unindented(`
  import assert from "node:assert/strict";
  import { test } from "node:test";
  import { from } from "plinth";
  import { Note } from "../src/note.js";
  import { openStore } from "../src/store.js";

  test("a note is stored, and live queries show it", async () => {
    const { repo, tenant, sync, close } = await openStore("memory:");
    try {
      const page = await sync.subscribe(tenant, { notes: sync.all(from(Note).orderBy("insertedAt")) });
      const changed = new Promise((resolve) => page.on("change", resolve));
      await repo.insert(Note.changeset(Note, { text: "Water the plants" }), { tenant });
      await changed;
      assert.deepEqual(page.value.notes.map(({ text }) => text), ["Water the plants"]);
    } finally {
      await close();
    }
  });

  test("a note without a text is refused, and says which field is wrong", async () => {
    const { repo, tenant, close } = await openStore("memory:");
    try {
      const result = await repo.tryInsert(Note.changeset(Note, { text: "" }), { tenant });
      assert.equal(result.ok, false);
      if (!result.ok) assert.deepEqual(Object.keys(result.changeset.traverseErrors()), ["text"]);
      assert.equal((await repo.all(from(Note), { tenant })).length, 0);
    } finally {
      await close();
    }
  });
`),
};
