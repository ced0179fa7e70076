import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { build as bundle } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { connect } from "../../lib/client/index.js";
import type { Live } from "../../lib/index.js";
import { eventually } from "../client/stage.js";
import { build } from "../samples/built-server.js";
import { launchChromium, temporaryStore } from "./harness.js";

const root = join(import.meta.dirname, "../..");
const updates = 4_000;

interface Named {
  readonly id: string;
  readonly name: string;
}
type Shown = { products: Live<readonly Named[]>; reviews: Live<readonly Named[]> };

const program = `
import { connect } from "./lib/client/index.js";
window.types = [];
window.seen = 0;
window.connection = connect("/live", { retryMs: 50 });
connection.on("transition", ({ type }) => {
  types.push(type);
  seen++;
  document.querySelector("ul").replaceChildren(...(connection.value?.products ?? []).map(({ name }) => {
    const item = document.createElement("li");
    item.textContent = name;
    return item;
  }));
});
`;

let store: Awaited<ReturnType<typeof temporaryStore>>;
let browser: Browser;
let script: string;
let child: ChildProcess;
let address: string;

async function start(port: number): Promise<void> {
  child = spawn(
    process.execPath,
    ["--no-warnings", join(root, "spec/browser/burst-server.mjs"), store.url, String(port), script],
    { cwd: root, env: { ...process.env, NODE_OPTIONS: "" }, stdio: ["ignore", "pipe", "inherit"] },
  );
  const [line] = (await once(child.stdout!, "data")) as [Buffer];
  address = `http://127.0.0.1:${/\d+/.exec(line.toString())![0]}/`;
}

beforeAll(async () => {
  await build();
  store = await temporaryStore();
  script = join(store.url.slice("embedded:".length), "../script.js");
  const { outputFiles } = await bundle({
    stdin: { contents: program, resolveDir: root },
    bundle: true,
    format: "iife",
    platform: "browser",
    write: false,
  });
  writeFileSync(script, outputFiles[0]!.contents);
  [browser] = await Promise.all([launchChromium(), start(0)]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  child?.kill("SIGKILL");
  await store?.remove();
});

const ask = async <T>(path: string): Promise<T> => (await fetch(`${address}${path}`)).json() as Promise<T>;
const sumOf = (names: readonly string[]): number =>
  names.reduce((sum, name) => sum + Number(/ v(\d+)$/.exec(name)?.[1] ?? 0), 0);

/** Counts the updates that are in the store for good, until the burst or its server ends. */
async function runBurst(onAcknowledged: (count: number) => void = () => {}): Promise<number> {
  let count = 0;
  try {
    const response = await fetch(`${address}burst`);
    for await (const chunk of response.body!) {
      count += Buffer.from(chunk).toString().split("\n").length - 1;
      onAcknowledged(count);
    }
  } catch (error) {
    if (child.signalCode === null && !child.killed) throw error;
  }
  return count;
}

describe("the catalog's burst, before two tabs and fifty clients", () => {
  test("whose server is killed and replaced half-way: everybody ends as the database, and is sent no list again", async () => {
    const faults: string[] = [];
    const pages: Page[] = [];
    for (let i = 0; i < 2; i++) {
      const page = await (await browser.newContext()).newPage();
      page.on("pageerror", (error) => faults.push(String(error)));
      await page.goto(address);
      await page.waitForFunction("connection.state === 'live' && connection.value !== undefined");
      pages.push(page);
    }
    const types: string[] = [];
    const clients = Array.from({ length: 50 }, () => connect<Shown>(`${address}live`, { retryMs: 50 }));
    try {
      for (const client of clients) client.on("transition", ({ type }) => types.push(type));
      await eventually(() => clients.every(({ value }) => value !== undefined), "the first rows");
      const whole = await ask<readonly { bytes: number; unmoved: number }[]>("streams");
      expect(whole).toHaveLength(52);
      // All clients begin with the list that the burst does not touch, sent once to each.
      for (const { unmoved } of whole) expect(unmoved).toBe(500);
      types.length = 0;
      for (const page of pages) await page.evaluate("{ types = []; seen = 0; }");

      const killed = await runBurst((count) => {
        if (count >= updates / 4 && !child.killed) child.kill("SIGKILL");
      });
      expect(killed).toBeLessThan(updates);
      await sleep(500);
      await start(Number(new URL(address).port));
      let dropped = false;
      const acknowledged = await runBurst((count) => {
        if (count < updates / 2 || dropped) return;
        dropped = true;
        void ask("drop");
      });
      expect(acknowledged).toBe(updates);

      const everybodyShows = async (names: readonly string[]) => {
        const truth = names.join();
        await eventually(
          () => clients.every(({ value }) => value!.products!.map(({ name }) => name).join() === truth),
          "clients that show the database",
        );
        for (const page of pages) {
          await page.waitForFunction(
            `[...document.querySelectorAll("li")].map((item) => item.textContent).join() === ${JSON.stringify(truth)}`,
          );
          expect(await page.evaluate("types")).not.toContain("snapshot");
        }
        expect(types).not.toContain("snapshot");
      };
      const names = await ask<readonly string[]>("names");
      // Nothing that was acknowledged is lost; what was under way when the server was killed is there or is not.
      expect(sumOf(names)).toBeGreaterThanOrEqual(killed + acknowledged);
      expect(sumOf(names)).toBeLessThanOrEqual(killed + acknowledged + 1_000);
      await everybodyShows(names);

      // Where nothing breaks they are told in between, and not of the end alone.
      for (const page of pages) {
        await page.waitForFunction("connection.state === 'live'");
        await page.evaluate("seen = 0");
      }
      expect(await runBurst()).toBe(updates);
      await everybodyShows(await ask("names"));
      for (const page of pages) expect(await page.evaluate("seen")).toBeGreaterThan(2);
      const resumed = await ask<readonly { bytes: number; unmoved: number }[]>("streams");
      // Each came to the new server, and those that were there already came again when their streams broke.
      expect(resumed.length).toBeGreaterThan(52);
      for (const { unmoved } of resumed) expect(unmoved).toBe(0);
      expect(faults).toEqual([]);
    } finally {
      for (const client of clients) client.close();
    }
  }, 180_000);
});
