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
