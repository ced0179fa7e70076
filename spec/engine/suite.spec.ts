import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openEngine } from "../../lib/engine/index.js";
import { engineSuite } from "../../lib/testing/engine-suite/engine-suite.js";

const runner = { describe, test, beforeAll, afterAll, expect };
const folder = mkdtempSync(join(tmpdir(), "plinth-suite-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

engineSuite({ ...runner, name: "memory", open: () => openEngine("memory:") });
engineSuite({ ...runner, name: "embedded", open: () => openEngine(`embedded:${folder}/sync`) });
engineSuite({
  ...runner,
  name: "embedded, relaxed",
  open: () => openEngine(`embedded:${folder}/relaxed`, { durability: "relaxed" }),
});

const cluster = process.env.PLINTH_TEST_URL;
if (cluster !== undefined) engineSuite({ ...runner, name: cluster, open: () => openEngine(cluster) });
