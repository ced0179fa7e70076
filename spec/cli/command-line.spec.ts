import { describe, expect, test } from "@jest/globals";
import { nameOf } from "../../lib/cli/command/command.js";
import { commands } from "../../lib/cli/registry.js";
import { plinth } from "./support/run.js";

describe("help", () => {
  test("lists every verb, its flags and the exit codes", async () => {
    const { code, stdout } = await plinth(["--help"]);
    expect(code).toBe(0);
    for (const command of commands) expect(stdout).toContain(`  ${nameOf(command)}  `);
    for (const text of ["--json", "--url", "Exit codes:", "3    check found differences"]) {
      expect(stdout).toContain(text);
    }
  });

  test.each(commands.map((command) => [nameOf(command), command] as const))(
    "of %s has a usage line, examples and all flags",
    async (name, command) => {
      const { code, stdout, stderr } = await plinth([...command.words, "--help"]);
      expect(code).toBe(0);
      expect(stderr).toBe("");
      expect(stdout).toContain(`Usage: plinth ${name}`);
      expect(command.examples.length).toBeGreaterThan(0);
      for (const { line } of command.examples) {
        expect(line).toContain(`plinth ${name}`);
        expect(stdout).toContain(line);
      }
      for (const flag of Object.keys(command.flags)) expect(stdout).toContain(`--${flag}`);
    },
  );

  test("of a group lists its verbs; help VERB works too", async () => {
    expect((await plinth(["tenants", "--help"])).stdout).toContain("tenants create");
    expect((await plinth(["help", "tenants", "list"])).stdout).toContain("Usage: plinth tenants list");
  });

  test("is printed to stderr, with the code of misuse, when a verb is missing", async () => {
    const { code, stdout, stderr } = await plinth([]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("Verbs:");
  });

  test("--version prints the version of the package", async () => {
    expect((await plinth(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe("misuse", () => {
  test.each<[string, string[], string]>([
    ["an unknown verb, with near misses", ["migrat"], 'Did you mean "plinth migrate"'],
    ["an unknown verb of a group", ["tenants", "lst"], 'Did you mean "plinth tenants list"'],
    ["something far from any verb", ["frobnicate"], "There are: "],
    ["an unknown flag, with near misses", ["tenants", "list", "--prefx", "a"], "Did you mean --prefix"],
    ["an unknown short flag", ["tenants", "list", "-z"], "takes no flag -z"],
    ["an unknown flag before a verb", ["--frobnicate"], "takes no flag --frobnicate"],
    ["a flag without its value", ["tenants", "list", "--prefix"], "--prefix needs a value"],
    ["a flag that would swallow the next one", ["status", "--url", "--json"], "--url needs a value"],
    ["a value for a flag that takes none", ["status", "--json=yes"], "--json takes no value"],
    ["a flag given twice", ["tenants", "list", "--prefix", "a", "--prefix", "b"], "is given 2 times"],
    ["a number that is none", ["migrate", "--concurrency", "many"], 'from 1 on, not "many"'],
    ["a number out of range", ["migrate", "--concurrency", "0"], "from 1 on"],
    ["a missing argument", ["tenants", "create"], "needs ID"],
    ["a surplus argument", ["status", "acme"], 'does not take "acme"'],
  ])("%s is refused and says what to write", async (_what, argv, message) => {
    const { code, stdout, stderr } = await plinth(argv);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("    at ");
  });

  test("is JSON on stderr with --json", async () => {
    const { stderr } = await plinth(["tenants", "create", "--json"]);
    expect(JSON.parse(stderr)).toEqual({
      error: { code: "cli_usage", message: expect.stringContaining("ID") },
    });
  });
});

describe("--json", () => {
  test.each<[string, string[], number]>([
    ["help", ["--help"], 0],
    ["help of a verb", ["migrate", "--help"], 0],
    ["help of a group", ["tenants", "--help"], 0],
    ["the version", ["--version"], 0],
    ["no verb", [], 2],
    ["half a verb", ["tenants"], 2],
    ["an unknown verb", ["migrat"], 2],
    ["an unknown flag", ["status", "--frob"], 2],
    ["no configuration", ["status"], 5],
    ["a store that is not there", ["status", "--url", "embedded:./nowhere", "--storage-id", "x"], 1],
    ["no tenants", ["status", "--url", "memory:", "--storage-id", "x"], 0],
    ["a verb that has no JSON", ["shell"], 2],
    ["a file that is not there", ["import", "-i", "nowhere", "--url", "memory:", "--storage-id", "x"], 1],
    ["what needs a yes", ["tenants", "delete", "a", "--url", "memory:", "--storage-id", "x"], 1],
  ])("makes JSON of %s", async (_what, argv, code) => {
    const ran = await plinth([...argv, "--json"]);
    expect(ran.code).toBe(code);
    for (const line of `${ran.stdout}${ran.stderr}`.split("\n")) if (line !== "") JSON.parse(line);
    if (code !== 0) expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: expect.any(String) } });
  });
});

describe("--", () => {
  test("ends the flags: what follows is an argument", async () => {
    const store = ["--url", "memory:", "--storage-id", "x"];
    const created = await plinth(["tenants", "create", ...store, "--", "--json", "-x"]);
    expect([created.code, created.stdout]).toEqual([0, "Created --json\nCreated -x\n"]);
    expect((await plinth(["status", ...store, "--", "--json"])).stderr).toContain('does not take "--json"');
    expect((await plinth(["--", "--version"])).stderr).toContain("A verb is missing before --");
  });

  test("a value that looks like a flag is told how to be written", async () => {
    expect((await plinth(["status", "--tenant", "-x"])).stderr).toContain("--tenant=-x");
  });
});

test("there is one suggestion, the closest", async () => {
  for (const argv of [
    ["tenants", "lst"],
    ["copy-feld"],
    ["status", "--tenat", "a"],
    ["migrate", "--allow-hol"],
  ]) {
    expect((await plinth(argv)).stderr.match(/Did you mean|" or "/g)).toHaveLength(1);
  }
});

describe("colours", () => {
  const colour = "\u001b[";
  const run = async (env: Readonly<Record<string, string>>, terminal: boolean) => {
    const ran = await plinth(["status", "--frob"], { env, ...(terminal ? { terminal: [] } : {}) });
    return ran.stderr.includes(colour);
  };
  test.each<[Record<string, string>, boolean, boolean]>([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ TERM: "dumb" }, true, false],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
    [{ FORCE_COLOR: "1", NO_COLOR: "1", TERM: "dumb" }, true, true],
  ])("with %j, at a terminal %s: %s", async (env, terminal, expected) => {
    expect(await run(env, terminal)).toBe(expected);
  });
});
