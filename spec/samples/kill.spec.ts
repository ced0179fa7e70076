import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { Acknowledged } from "../../samples/catalog/lab/burst.js";
import { versionOf } from "../../samples/catalog/lab/version.js";
import { build, postForm, removeBuild, type Server, startServer } from "./built-server.js";

const runs = Number(process.env.PLINTH_KILLS ?? 1);

let folder: string;
let server: Server | undefined;

beforeAll(build, 60_000);
afterAll(removeBuild);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-kill-"));
});

afterEach(async () => {
  await server?.stop("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

test(
  "kill -9 in the middle of a burst: every acknowledged update is there, and the store opens",
  async () => {
    const url = `embedded:${join(folder, "store")}`;
    for (let run = 0; run < runs; run++) {
      server = await startServer(url);
      const before = await storedVersions(server.address);
      const killAfter = 1 + Math.floor(Math.random() * 2_500);
      const acknowledged = await burstUntilKilled(server, killAfter);
      expect(acknowledged.length).toBeGreaterThanOrEqual(killAfter);

      server = await startServer(url);
      const after = await storedVersions(server.address);
      expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
      for (const [id, version] of after) {
        const own = acknowledged.filter((update) => update.id === id).map((update) => update.version);
        const highest = Math.max(before.get(id)!, ...own);
        expect({ id, lost: Math.max(0, highest - version) }).toEqual({ id, lost: 0 });
        // What nobody heard of may have committed as well, but only what was under way then.
        expect(version - before.get(id)!).toBeLessThanOrEqual(own.length + 1_000);
      }
      const again = await postForm(server.address, "/admin/save?id=p1", {
        name: `After run ${run}`,
        description: "",
      });
      expect(again.status).toBe(303);
      expect(await server.stop("SIGTERM")).toBe(0);
    }
  },
  60_000 * runs,
);

/** Starts the burst, kills the server once it acknowledged so many updates, and returns all that it acknowledged. */
async function burstUntilKilled(running: Server, killAfter: number): Promise<Acknowledged[]> {
  const answer = await postForm(running.address, "/lab/burst", {}, "application/x-ndjson");
  const acknowledged: Acknowledged[] = [];
  let rest = "";
  try {
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const update = JSON.parse(line) as Partial<Acknowledged>;
        if (update.id !== undefined) acknowledged.push(update as Acknowledged);
      }
      if (acknowledged.length >= killAfter) running.process.kill("SIGKILL");
    }
  } catch {
    // The connection broke off, as it should.
  }
  expect(await running.stop("SIGKILL")).toBe(null);
  return acknowledged;
}

/** The version of each product, by id, as the pages show it. */
async function storedVersions(address: string): Promise<Map<string, number>> {
  const page = await (await fetch(address)).text();
  const links = page.matchAll(/<a href="\/\?id=([^"]+)"[^>]*>([^<]+)<\/a>/g);
  return new Map([...links].map(([, id, name]) => [decodeURIComponent(id!), versionOf(name!)]));
}
