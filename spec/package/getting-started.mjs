// Types docs/getting-started.md line by line in a fresh folder, with the packed package: its commands, its files, its page.
// Prints how long each step took, and at the end the time and the lines; `npm run test:start`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack, root, run } from "./outside.mjs";

const page = readFileSync(join(root, "docs/getting-started.md"), "utf8");
const bench = mkdtempSync(join(tmpdir(), "plinth-start-"));
process.on("exit", () => rmSync(bench, { recursive: true, force: true }));
const tarball = await pack(join(bench, "packed"));
const folder = join(bench, "wishes");
const started = Date.now();
let lines = 0;

function fail(message) {
  console.error(`FAIL  ${message}`);
  process.exit(1);
}

async function freePort() {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return String(port);
}

/** Runs a server of the page: makes a wish in one window, and waits for it in another one. */
async function serve(command, args) {
  const PORT = await freePort();
  const at = `http://localhost:${PORT}`;
  const child = spawn(command, args, { cwd: folder, env: { ...process.env, PORT }, detached: true });
  let said = "";
  child.stdout.on("data", (text) => (said += text));
  child.stderr.on("data", (text) => (said += text));
  const ended = once(child, "close");
  try {
    while (!said.includes("http://localhost:3000")) {
      if (child.exitCode !== null) fail(said);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const html = await (await fetch(at)).text();
    const client = /from "([^"]+)"/.exec(html)?.[1];
    const script = await fetch(`${at}${client}`);
    if (script.status !== 200) fail(`${client} is answered with ${script.status}`);
    const window = await fetch(`${at}/live`, { headers: { accept: "text/event-stream" } });
    const wish = `a kite of ${args.at(-1)}`;
    const form = new URLSearchParams({ text: wish });
    const posted = await fetch(at, { method: "POST", body: form, redirect: "manual" });
    if (posted.status !== 303) fail(`the form is answered with ${posted.status}`);
    let seen = "";
    for await (const part of window.body) {
      seen += new TextDecoder().decode(part);
      if (seen.includes(wish)) break;
    }
    const empty = await fetch(at, { method: "POST", body: new URLSearchParams({ text: "" }) });
    if (empty.status !== 422) fail(`an empty wish is answered with ${empty.status}`);
  } finally {
    process.kill(-child.pid, "SIGTERM");
    await ended;
  }
}

async function command(line) {
  if (line.startsWith("mkdir ")) return mkdirSync(folder);
  if (line.startsWith("cd ")) return;
  const [program, ...args] = line.replace(/npm install plinth$/, `npm install ${tarball.file}`).split(" ");
  if (/server\.(?:ts|js)$/.test(line)) return serve(program, args);
  if (line === "npx vite") return;
  const options =
    program === "npm" && args[0] === "install" ? ["--prefer-offline", "--no-audit", "--no-fund"] : [];
  const { code, out } = await run(program, [...args, ...options], { cwd: folder, timeout: 600_000 });
  if (code !== 0) fail(`${line}: ${out}`);
  if (line === "npx tsx first.ts" && !/can't be blank[\s\S]*a kite|a kite[\s\S]*can't be blank/.test(out))
    fail(`${line} printed ${out}`);
}

const blocks = page.matchAll(/(?:`([\w.-]+)`[^`]*)?\n```(\w+)\n([\s\S]*?)^```/gm);
for (const [, name, language, code] of blocks) {
  lines += code.trimEnd().split("\n").length;
  if (language !== "sh") {
    if (name === undefined) fail(`No file is named for: ${code.slice(0, 80)}`);
    writeFileSync(join(folder, name), code);
    continue;
  }
  for (const line of code.trim().split("\n")) {
    const begun = Date.now();
    await command(line);
    console.log(`ok    ${line.padEnd(60)} ${((Date.now() - begun) / 1000).toFixed(1).padStart(6)} s`);
  }
}
/** The program of the README: prints, and goes on printing until it is ended. */
async function readme() {
  const code = /^```ts\n([\s\S]*?)^```/m.exec(readFileSync(join(root, "README.md"), "utf8"))[1];
  writeFileSync(join(folder, "readme.ts"), code.replace("embedded:./data", "embedded:./readme"));
  const child = spawn("npx", ["tsx", "readme.ts"], { cwd: folder, detached: true });
  let said = "";
  child.stderr.on("data", (text) => (said += text));
  try {
    for await (const part of child.stdout) {
      said += part;
      if (said.includes("Glo-Grain Cereal v2") && (said.match(/op: 'insert'/g) ?? []).length >= 2) return;
    }
    fail(`The program of the README ended: ${said}`);
  } finally {
    process.kill(-child.pid, "SIGTERM");
  }
}
await readme();
console.log("ok    the program of the README prints, and stays alive");

const seconds = ((Date.now() - started) / 1000).toFixed(0);
console.log(`An empty folder to a live page: ${lines} lines, ${seconds} s, tsx, Node and Vite.`);
