/** `plinth new`: writes a project that runs and tests at once. */

import { relative, resolve } from "node:path";
import { UsageError } from "../../errors.js";
import type { CliEnvironment } from "../app/index.js";
import { defineCommand, ExitCode, version } from "../command/index.js";
import type { Output } from "../output/index.js";
import { type Framework, frameworkOf } from "./frameworks.js";
import { projectFiles } from "./project-files.js";
import { requireName } from "./project-name.js";
import { requireEmpty, writeProject } from "./write-project.js";

export const newProject = defineCommand({
  words: ["new"],
  summary: "Write a project that runs and tests at once",
  description: [
    "TypeScript with a schema, a migration, a configuration for this command and a test. On a terminal, it asks for\n" +
      "what is left out; elsewhere the name is needed, and the framework is none unless it is given.",
    "Frameworks: none (a program that follows its own data), hono, nestjs (HTTP services with a live stream).",
  ],
  args: [{ name: "NAME", summary: "the project and its folder, for example my-app", optional: true }],
  flags: {
    framework: { type: "string", placeholder: "NAME", summary: "none, hono or nestjs" },
    dir: { type: "string", placeholder: "FOLDER", summary: "where it goes; default: a folder of its name" },
  },
  examples: [
    { line: "plinth new my-app", does: "asks for the framework, and writes ./my-app" },
    { line: "plinth new my-app --framework hono", does: "asks nothing" },
  ],
  async run({ out, environment }, [given], flags) {
    // What is given is checked before anything is asked.
    if (given !== undefined) requireName(given);
    const chosen = flags.framework === undefined ? undefined : frameworkOf(flags.framework);
    // Loaded where somebody can be asked, and by no other verb.
    const ask = canAsk(out, environment) ? await import("./ask.js") : undefined;
    if (given === undefined && ask === undefined) {
      throw new UsageError(
        '"plinth new" needs NAME (the project and its folder), because nobody can be asked here: plinth new my-app',
      );
    }
    const name = given ?? ((await ask?.askName(environment)) as string);
    const folder = resolve(environment.cwd, flags.dir ?? name);
    const shown = relative(environment.cwd, folder) || ".";
    await requireEmpty(folder, shown);
    const framework: Framework = chosen ?? (await ask?.askFramework(environment)) ?? "none";
    const files = projectFiles({ name, framework, version: version() });
    await writeProject(folder, shown, files);
    const written = Object.keys(files).sort();
    out.result({ name, folder: shown, framework, files: written });
    out.line(`Wrote ${written.length} files into ${shown}`);
    out.line(`Go on: cd ${shown} && npm install && npm test && npm start`);
    return ExitCode.ok;
  },
});

const canAsk = (out: Output, { stdin, stderr }: CliEnvironment): boolean =>
  out.mode !== "json" && stdin.isTTY === true && stderr.isTTY === true;
