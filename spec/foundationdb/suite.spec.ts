import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openFoundationDB } from "../../lib/engine/foundationdb/open-foundationdb.js";
import { openEngine } from "../../lib/engine/open.js";
import type { Engine } from "../../lib/engine/port/engine.js";
import { engineSuite } from "../../lib/testing/engine-suite/engine-suite.js";
import { StandIn } from "./stand-in.js";

let store: Engine;
let native: StandIn;

engineSuite({
  name: "the adapter on a stand-in for the package's native layer",
  describe,
  test,
  beforeAll,
  afterAll,
  expect,
  async open() {
    store = await openEngine("memory:");
    native = new StandIn(store);
    return openFoundationDB("fdb:", { native });
  },
});

afterAll(async () => {
  expect(native.pending).toBe(0);
  await store.close();
});
