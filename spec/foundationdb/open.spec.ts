import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { loadNative, type Surroundings } from "../../lib/engine/foundationdb/load-native.js";
import { openFoundationDB } from "../../lib/engine/foundationdb/open-foundationdb.js";
import { openEngine } from "../../lib/engine/open.js";
import type { Engine } from "../../lib/engine/port/engine.js";
import { EngineUnavailableError, InvalidUrlError } from "../../lib/errors.js";
import { StandIn } from "./stand-in.js";

let store: Engine;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plinth-"));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  store = await openEngine("memory:");
});
afterEach(() => store.close());

const unavailable = async (work: Promise<Engine>): Promise<EngineUnavailableError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EngineUnavailableError);
  return error as EngineUnavailableError;
};

describe("the client library", () => {
  test.each([
    [730, 720],
    [720, 720],
    [710, 710],
  ])("that knows %i is told header version %i", async (maxApiVersion, headerVersion) => {
    const native = new StandIn(store, { maxApiVersion });
    const engine = await openFoundationDB("fdb:", { native });
    expect([native.apiVersion, native.headerVersion]).toEqual([710, headerVersion]);
    expect(engine.url).toBe("fdb:");
    await engine.close();
  });

  test("is prepared once for many databases, and never stopped by one", async () => {
    const native = new StandIn(store);
    const [first, second] = [
      await openFoundationDB("fdb:", { native }),
      await openFoundationDB("fdb:", { native }),
    ];
    await first.close();
    expect(native.networkRuns).toBe(true);
    await second.begin().getReadVersion();
    await second.close();
  });

  test("that is too old, or was started with another version, is refused", async () => {
    const old = await unavailable(
      openFoundationDB("fdb:", { native: new StandIn(store, { maxApiVersion: 630 }) }),
    );
    expect([old.missing, old.message]).toEqual(["client", expect.stringContaining("older than 7.1")]);
    const taken = new StandIn(store);
    taken.setAPIVersionImpl(620, 720);
    const other = await unavailable(openFoundationDB("fdb:", { native: taken }));
    expect([other.missing, other.message]).toEqual([
      "client",
      expect.stringContaining("fdb.setAPIVersion(710)"),
    ]);
  });
});

describe("the cluster", () => {
  test("that does not answer is an error and not a hang", async () => {
    const native = new StandIn(store, { unreachable: true });
    const error = await unavailable(openFoundationDB("fdb:", { native, connectTimeoutMs: 20 }));
    expect(error.missing).toBe("cluster");
    expect(error.message).toContain("did not answer in time");
    expect(native.databases[0]?.closed).toBe(true);
  });

  test("without a cluster file is an error that says where to get one", async () => {
    const error = await unavailable(
      openFoundationDB("fdb:", { native: new StandIn(store, { noClusterFile: true }) }),
    );
    expect(error.missing).toBe("cluster");
    expect(error.message).toContain("/etc/foundationdb/fdb.cluster");
  });

  test("file is checked before anything is loaded", async () => {
    const error = await unavailable(openFoundationDB(`fdb:${folder}/none.cluster`));
    expect(error.message).toContain("cannot be read");
    await expect(openFoundationDB(`fdb:/${"x".repeat(1_100)}`)).rejects.toThrow(InvalidUrlError);
    await expect(openFoundationDB("other:")).rejects.toThrow(InvalidUrlError);
  });

  test.each(["fdb:", "fdb://"])("file may be named with %s", async (scheme) => {
    const file = join(folder, "fdb.cluster");
    writeFileSync(file, "a:b@127.0.0.1:4500");
    const engine = await openFoundationDB(scheme + file, { native: new StandIn(store) });
    expect(engine.url).toBe(`fdb:${file}`);
    await engine.close();
  });

  test("gets its limits as database options", async () => {
    const native = new StandIn(store);
    const engine = await openFoundationDB("fdb:", { native, timeoutMs: 5, retryLimit: 3, maxWatches: 7 });
    expect(native.databases[0]).toMatchObject({ maxWatches: 7, defaults: { timeoutMs: 5, retryLimit: 3 } });
    await engine.close();
  });
});

describe("loading the package", () => {
  const surroundings: Surroundings = {
    platform: "linux",
    mainThread: true,
    musl: false,
    require: () => ({}),
  };
  const failing = (message: string, code?: string): Surroundings => ({
    ...surroundings,
    require() {
      console.error("noise");
      throw Object.assign(new Error(message), { code });
    },
  });

  test.each<[string, Surroundings, string, string]>([
    [
      "is not installed",
      failing("Cannot find module 'foundationdb/dist/lib/native.js'", "MODULE_NOT_FOUND"),
      "package",
      "npm install --ignore-scripts foundationdb@2",
    ],
    [
      "finds no client library",
      failing("libfdb_c.so: cannot open shared object file: No such file or directory", "ERR_DLOPEN_FAILED"),
      "client",
      "sudo dpkg -i foundationdb-clients_7.3",
    ],
    [
      "finds no client library on a Mac",
      { ...failing("Library not loaded: libfdb_c.dylib", "ERR_DLOPEN_FAILED"), platform: "darwin" },
      "client",
      "DYLD_LIBRARY_PATH",
    ],
    [
      "has no build",
      failing("No native build was found for platform=linux arch=arm64"),
      "package",
      "npm rebuild",
    ],
    ["fails otherwise", failing("symbol not found"), "package", "symbol not found"],
    ["is another package", surroundings, "package", "npm install foundationdb@2"],
    ["is tried in a worker", { ...surroundings, mainThread: false }, "client", "main thread"],
    ["is tried on Alpine", { ...surroundings, musl: true }, "client", "glibc"],
  ])("that %s", (_, machine, missing, hint) => {
    const printed: unknown[] = [];
    const { error } = console;
    console.error = (...args) => printed.push(args);
    try {
      expect(() => loadNative(machine)).toThrow(
        expect.objectContaining({ missing, message: expect.stringContaining(hint) }),
      );
    } finally {
      console.error = error;
    }
    expect(printed).toEqual([]);
  });

  test("that works", () => {
    const native = new StandIn(store);
    expect(loadNative({ ...surroundings, require: () => ({ default: native }) })).toBe(native);
  });
});
