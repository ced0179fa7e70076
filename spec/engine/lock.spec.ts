import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, openEngine } from "../../lib/engine/index.js";
import { StoreLockedError } from "../../lib/errors.js";
import { bundle } from "./support.js";

let folder: string;
const living = new Set<ChildProcess>();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plinth-lock-"));
});
afterEach(() => {
  for (const child of living) child.kill("SIGKILL");
  living.clear();
  rmSync(folder, { recursive: true, force: true });
});

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const put = async (engine: Engine, key: string, value: string): Promise<void> => {
  const tx = engine.begin();
  tx.set(bytes(key), bytes(value));
  await tx.commit();
};
const read = async (engine: Engine, key: string): Promise<string | undefined> =>
  (await engine.begin().get(bytes(key)))?.toString();

interface Holder {
  /** `"open"`, or the name of the error. */
  readonly told: Promise<string>;
  /** Lets it close its engine. */
  leave(): Promise<void>;
  kill(): Promise<void>;
}

async function holder(
  path: string,
  options: { at?: number; wrap?: readonly string[] } = {},
): Promise<Holder> {
  const file = await bundle(join(import.meta.dirname, "children/hold.ts"));
  const [command, ...rest] = [...(options.wrap ?? []), process.execPath, file, path, String(options.at ?? 0)];
  const child = spawn(command!, rest, { stdio: ["pipe", "pipe", "inherit"] });
  living.add(child);
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    told: new Promise((resolve) => child.stdout.once("data", (data) => resolve(String(data).trim()))),
    async leave() {
      child.stdin.end();
      await ended;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** A store whose owner was killed. */
async function stale(name: string): Promise<string> {
  const path = join(folder, name);
  const owner = await holder(path);
  await owner.told;
  await owner.kill();
  return path;
}

describe("between processes", () => {
  test("of several that meet a dead owner's lock at once exactly one opens the store, twice", async () => {
    for (let round = 0; round < 2; round++) {
      const path = await stale(String(round));
      const at = Date.now() + 1500;
      const racers = await Promise.all(Array.from({ length: 3 }, () => holder(path, { at })));
      const told = await Promise.all(racers.map((racer) => racer.told));
      expect(told.toSorted()).toEqual(["StoreLockedError", "StoreLockedError", "open"]);
      await Promise.all(racers.map((racer) => racer.leave()));
    }
  });

  test.each(["", "noise", "-1\n\n\n", `${process.pid}\n00000000-0000-0000-0000-000000000000\n1\n`, "0x10\n"])(
    "what the lock file says decides nothing (%j)",
    async (text) => {
      await (await openEngine(`embedded:${folder}`)).close();
      writeFileSync(join(folder, "lock"), text);
      const engine = await openEngine(`embedded:${folder}`);
      const other = await holder(folder);
      expect(await other.told).toBe("StoreLockedError");
      expect(readFileSync(join(folder, "lock"), "utf8")).toContain(String(process.pid));
      await engine.close();
    },
  );

  test("the lock file stays when the store is closed, so that nobody locks a file that is gone", async () => {
    await (await openEngine(`embedded:${folder}`)).close();
    expect(existsSync(join(folder, "lock"))).toBe(true);
  });

  test("a symbolic link and a relative path lead to the same store", async () => {
    const path = join(folder, "store");
    mkdirSync(path);
    symlinkSync(path, join(folder, "link"));
    const engine = await openEngine(`embedded:${path}`);
    const linked = await openEngine(`embedded:${join(folder, "link")}`);
    const near = await openEngine(`embedded:${relative(process.cwd(), path)}`);
    await put(linked, "a", "1");
    expect(await read(near, "a")).toBe("1");
    const other = await holder(join(folder, "link"));
    expect(await other.told).toBe("StoreLockedError");
    await Promise.all([engine.close(), linked.close(), near.close()]);
  });

  test("an open that fails gives the lock back", async () => {
    await (await openEngine(`embedded:${folder}`)).close();
    const whole = readFileSync(join(folder, "data.mdb"));
    writeFileSync(join(folder, "data.mdb"), Buffer.alloc(20_000, 7));
    for (let i = 0; i < 2; i++)
      await expect(openEngine(`embedded:${folder}`)).rejects.toMatchObject({ code: "store_corrupt" });
    writeFileSync(join(folder, "data.mdb"), whole);
    const other = await holder(folder);
    expect(await other.told).toBe("open");
    await other.leave();
  });
});

const unshare = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];
const spaces = spawnSync(unshare[0]!, [...unshare.slice(1), "true"]).status === 0;
(spaces ? describe : describe.skip)("between pid namespaces (needs unshare and the right to it)", () => {
  test("one owner at a time, with the same pids and with others, and on the host", async () => {
    const path = join(folder, "store");
    const others = [...unshare, "sh", "-c", 'true; true; "$@"; true', "sh"];
    const owner = await holder(path, { wrap: unshare });
    expect(await owner.told).toBe("open");
    for (const wrap of [unshare, others]) {
      const second = await holder(path, { wrap });
      expect(await second.told).toBe("StoreLockedError");
    }
    await expect(openEngine(`embedded:${path}`)).rejects.toBeInstanceOf(StoreLockedError);
    await owner.kill();
    const next = await holder(path, { wrap: unshare });
    expect(await next.told).toBe("open");
    await next.leave();
    const engine = await openEngine(`embedded:${path}`);
    expect(await (await holder(path, { wrap: unshare })).told).toBe("StoreLockedError");
    await engine.close();
  });
});

describe("between threads", () => {
  type Told = { open?: true; refused?: string; message?: string; acknowledged?: number };
  async function worker(
    then: "wait" | "exit" | "close" | "commit",
  ): Promise<{ thread: Worker; first: Told }> {
    const file = await bundle(join(import.meta.dirname, "children/work.ts"));
    const thread = new Worker(file, { workerData: { path: folder, then } });
    const first = await new Promise<Told>((resolve, reject) => {
      thread.once("message", resolve).once("error", reject);
    });
    return { thread, first };
  }

  test("another thread is refused and told that it is this very process", async () => {
    const { thread, first } = await worker("wait");
    expect(first).toEqual({ open: true });
    await expect(openEngine(`embedded:${folder}`)).rejects.toThrow(/this very process/i);
    await thread.terminate();
    const engine = await openEngine(`embedded:${folder}`);
    expect(await read(engine, "worker")).toBe("0");
    const second = await worker("wait");
    expect(second.first).toMatchObject({ refused: "StoreLockedError" });
    await second.thread.terminate();
    // A thread that was refused takes nothing with it.
    await put(engine, "a", "1");
    expect((await worker("wait")).first).toMatchObject({ refused: "StoreLockedError" });
    await engine.close();
  });

  test.each(["exit", "close"] as const)("a thread that ends by %s hands the store on", async (then) => {
    for (let i = 0; i < 3; i++) {
      const { thread, first } = await worker(then);
      expect(first).toEqual({ open: true });
      await thread.terminate();
    }
    const engine = await openEngine(`embedded:${folder}`);
    expect(await read(engine, "worker")).toBe("0");
    await engine.close();
  });

  test("a thread terminated in the middle of commits loses none that it was acknowledged", async () => {
    for (let i = 0; i < 5; i++) {
      const { thread, first } = await worker("commit");
      expect(first).toEqual({ open: true });
      let last = 0;
      await new Promise<void>((resolve) => {
        thread.on("message", ({ acknowledged }: Told) => {
          last = acknowledged!;
          if (last === 50 + i) resolve();
        });
      });
      await thread.terminate();
      const engine = await openEngine(`embedded:${folder}`);
      expect(Number(await read(engine, "worker"))).toBeGreaterThanOrEqual(last);
      await put(engine, "main", String(i));
      await engine.close();
    }
  });
});
