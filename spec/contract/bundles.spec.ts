import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { build, type Format } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

const program = `
import { cast, Field, PrimaryKey, Repo, Schema, Tenant } from "plinth";
import { Max, Min, ValidateBy } from "class-validator";

@Schema("reviews")
class Review {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("integer") @Min(1) @Max(5) declare score: number;
  @Field("string") @ValidateBy({ name: "polite", validator: { validate: async (text) => text !== "rude" } }) declare text: string;
}
const refused = (call: Promise<unknown>) => call.then(() => "accepted", (error) => error.name + ": " + error.changeset?.errors.map(({ field }) => field));
async function main() {
  const repo = new Repo({ url: "memory:", storageId: "x" });
  const tenant = await Tenant.openOrCreate(repo, "a");
  const tell = async (attrs: { score: number; text: string }) => console.log(await refused(repo.insert(Review, attrs, { tenant })));
  await tell({ score: 3, text: "fine" });
  await tell({ score: 9, text: "fine" });
  await tell({ score: 3, text: "rude" });
  const changeset = await cast(Review, { score: 0, text: "fine" }, ["score", "text"]).validateSchema().validated();
  console.log(changeset.errors.map(({ field }) => field).join());
  await repo.close();
}
main().catch((error) => { console.error(error); process.exit(1); });
`;

/** A folder with nothing but the native store beside the bundle. */
let alone: string;

beforeAll(async () => {
  alone = await mkdtemp(join(tmpdir(), "plinth-bundle-"));
  await mkdir(join(alone, "node_modules"));
  await symlink(join(root, "node_modules/lmdb"), join(alone, "node_modules/lmdb"));
});

afterAll(() => rm(alone, { recursive: true, force: true }));

async function output(format: Format): Promise<readonly string[]> {
  const file = join(alone, `program.${format === "esm" ? "mjs" : "cjs"}`);
  await build({
    stdin: { contents: program, resolveDir: root, loader: "ts" },
    bundle: true,
    platform: "node",
    target: "node20",
    format,
    outfile: file,
    logLevel: "error",
    alias: { plinth: join(root, "lib/index.ts") },
    external: ["lmdb"],
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
  });
  const { stdout } = await run(process.execPath, [file], { cwd: alone });
  return stdout.trim().split("\n");
}

describe("an application in one file, with only the native store beside it", () => {
  test.each(["esm", "cjs"] as const)("%s: the rules of class-validator run", async (format) => {
    const [valid, low, rude, fields] = await output(format);
    expect(valid).toBe("accepted");
    expect(low).toBe("InvalidChangesetError: score");
    expect(rude).toBe("InvalidChangesetError: text");
    expect(fields).toBe("score");
  });
});
