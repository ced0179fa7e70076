import { randomBytes } from "node:crypto";
import { expect } from "@jest/globals";
import { type EmbeddedOptions, openMemory as openInMemory } from "../../lib/engine/embedded/open-embedded.js";
import { concatBytes, type Engine, openEngine } from "../../lib/engine/index.js";
import { prefixedEngine } from "./prefixed-engine.js";

// Takes the place of `lib/engine/embedded` in `openEngine` while PLINTH_TEST_URL is set (see jest.config.ts), so that
// every spec that opens "memory:" runs on that store, each in an empty range of its own.

export * from "../../lib/engine/embedded/index.js";

const url = process.env.PLINTH_TEST_URL!;
const marker = Buffer.from("plinth-spec-");
/** These name the engine that they are about, the cluster among them. */
const aboutEngines = /[\\/]spec[\\/](engine|conformance|foundationdb)[\\/]/;

export async function openMemory(options: EmbeddedOptions = {}): Promise<Engine> {
  if (aboutEngines.test(expect.getState().testPath ?? "")) return openInMemory(options);
  // No cluster lets its clock be set.
  if (options.clock !== undefined) return openInMemory(options);
  // "memory:" itself checks that the specs run below a prefix.
  const inner = url === "memory:" ? await openInMemory(options) : await openEngine(url, options);
  return prefixedEngine(inner, concatBytes(marker, randomBytes(8)));
}
