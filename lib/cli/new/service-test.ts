/** The test of a new project that serves HTTP: the same for each framework but for how the service is opened. */

import { unindented } from "./unindented.js";

/** @param imports what `open` needs; @param open the text of a function that gives `{ call(path, init), close() }` */
export const serviceTest = (imports: string, open: string): string =>
  `${header}${imports}\n\n${open}\n\n${body}`;

const header = 'import assert from "node:assert/strict";\nimport { test } from "node:test";\n';

const body = unindented(`
  const post = (body: object) => ({
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

  test("a note is stored and listed, and the live stream begins with it", async () => {
    const { call, close } = await open();
    try {
      assert.equal((await call("/notes", post({ text: "Water the plants" }))).status, 201);
      const listed = (await (await call("/notes")).json()) as { text: string }[];
      assert.deepEqual(listed.map(({ text }) => text), ["Water the plants"]);
      const stream = (await call("/live")).body!.pipeThrough(new TextDecoderStream()).getReader();
      let told = "";
      while (!told.includes("Water the plants")) {
        const { done, value } = await stream.read();
        assert.equal(done, false, told);
        told += value;
      }
      await stream.cancel();
    } finally {
      await close();
    }
  });

  test("a note without a text is refused, and says which field is wrong", async () => {
    const { call, close } = await open();
    try {
      const answer = await call("/notes", post({ text: "" }));
      assert.equal(answer.status, 422);
      assert.deepEqual(Object.keys(((await answer.json()) as { errors: object }).errors), ["text"]);
      assert.deepEqual(await (await call("/notes")).json(), []);
    } finally {
      await close();
    }
  });
`);
