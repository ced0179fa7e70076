/** The samples without pages, as they are in a terminal: started by their commands, on stores that forget everything. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { packageRoot } from "../catalog/web/assets.js";
import { type Html, html } from "../catalog/web/html.js";
import { draw } from "./browser.js";

const patienceMs = 120_000;
const port = "4299";
/** Longer lines, such as cursors, are cut. */
const columns = 100;

/** A program at work, and what its terminal shows. */
class Terminal {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #name: string;
  readonly #typed = new Set<string>();
  shown = "";

  constructor(command: string, name: string) {
    this.#name = name;
    this.echo(`$ ${command}`);
    const env = { ...process.env, PLINTH_URL: "memory:", PORT: port, NO_COLOR: "1" };
    this.#child = spawn(process.execPath, [join(packageRoot(), `dist/samples/${name}/main.js`)], { env });
    this.#child.stdout.on("data", (text) => this.show(String(text)));
    this.#child.stderr.on("data", (text) => this.show(String(text)));
  }

  show(text: string): void {
    this.shown += text;
  }

  /** Shows a line that somebody has typed. */
  echo(line: string): void {
    this.#typed.add(line);
    this.show(`${line}\n`);
  }

  /** What is shown, without the log of the framework, and what was typed in bold. */
  picture(): readonly Html[] {
    const lines = this.shown.trimEnd().split("\n");
    return lines
      .filter((line) => !line.startsWith("[Nest] "))
      .map((line) => {
        const cut = line.length > columns ? `${line.slice(0, columns)}…` : line;
        return this.#typed.has(line) ? html`<b>${cut}</b>\n` : html`${cut}\n`;
      });
  }

  /** Types a line once the terminal shows nothing new any more; the input of a program is not echoed by itself. */
  async type(line: string): Promise<void> {
    await this.#quiet();
    this.echo(line);
    this.#child.stdin.write(`${line}\n`);
    await this.#quiet();
  }

  /** Waits for a text; a program that ends, or never says it, fails. */
  async until(text: string): Promise<void> {
    const before = Date.now() + patienceMs;
    while (!this.shown.includes(text)) {
      if (this.#child.exitCode !== null || Date.now() > before)
        throw new Error(`${this.#name} did not print “${text}”, but:\n${this.shown}`);
      await sleep(20);
    }
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.kill("SIGINT");
    await once(this.#child, "close");
  }

  async #quiet(): Promise<void> {
    for (let shown = ""; shown !== this.shown; await sleep(400)) shown = this.shown;
  }
}

async function take(
  browser: Browser,
  name: string,
  use: (terminal: Terminal) => Promise<void>,
): Promise<void> {
  const terminal = new Terminal(`npm run sample:${name}`, name);
  let shown: readonly Html[] = [];
  try {
    await use(terminal);
    shown = terminal.picture();
  } finally {
    await terminal.end();
  }
  const page = html`<style>
    body { margin: 0; padding: 24px; background: #d9e4e2 }
    pre { margin: 0; padding: 18px 22px; border-radius: 10px; background: #101716; color: #d7e2e0; box-shadow: 0 6px 24px #0003;
      font: 15px/1.5 "DejaVu Sans Mono", monospace; white-space: pre }
    b { color: #5eead4 }
  </style><pre>${shown}</pre>`;
  await draw(browser, `samples/${name}/img/terminal.png`, { width: 1_020, height: 1 }, page.toString());
}

/** Shows what a request is answered, as curl does; a stream, until it says the given text. */
async function curl(
  terminal: Terminal,
  line: string,
  path: string,
  request: RequestInit,
  until = "",
): Promise<void> {
  terminal.show("\n");
  terminal.echo(`$ ${line}`);
  const stop = new AbortController();
  const answer = await fetch(`http://localhost:${port}${path}`, { ...request, signal: stop.signal });
  const from = terminal.shown.length;
  for await (const part of answer.body ?? []) {
    terminal.show(Buffer.from(part).toString());
    if (until !== "" && terminal.shown.slice(from).includes(until)) break;
  }
  stop.abort();
  terminal.show("\n");
}

export async function takeTerminals(browser: Browser): Promise<void> {
  await take(browser, "worker", async (terminal) => {
    await terminal.until("Ctrl-C");
    await terminal.type("+ Lamps: They glow in fog");
    await terminal.type("+ Kites: They wait for wind");
    await terminal.type("glow");
    await terminal.type("they w");
    await terminal.type("submarine");
  });
  await take(browser, "jobs", (terminal) => terminal.until("Dead:"));
  await take(browser, "nestjs", async (terminal) => {
    await terminal.until("/live\n");
    const [create = "", follow = ""] = terminal.shown.split("\n").filter((line) => line.startsWith("curl "));
    const tenant = { "x-tenant": "acme" };
    const headers = { ...tenant, "content-type": "application/json" };
    const body = JSON.stringify({ title: "Water the plants" });
    await curl(terminal, create, "/tasks", { method: "POST", headers, body });
    await curl(terminal, follow, "/live", { headers: tenant }, "Water the plants");
  });
}
