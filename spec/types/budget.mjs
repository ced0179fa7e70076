// What Plinth's types cost a program: checks 60 generated schemas of 17 fields, each with a query (where, orderBy,
// select, two preload paths) and a changeset, and fails above the budget of type instantiations.
// Prints the count. `npm run test:types -- --keep` leaves the program in .plinth/type-budget to look at.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const BUDGET = 150_000;
const SCHEMAS = 60;

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = `${root}.plinth/type-budget`;

/** Types of the fields behind the primary key; with the keys and timestamps there are 17, and two relations. */
const fields = [
  ['"string"', "name: string"],
  ['"string"', "summary: string | null"],
  ['"integer"', "amount: number"],
  ['"integer"', "rank: number | null"],
  ['"float"', "weight: number"],
  ['"bigint"', "views: bigint"],
  ['"boolean"', "active: boolean"],
  ['"utc_datetime_usec"', "seenAt: Date | null"],
  ['{ array: "string" }', "tags: string[]"],
  ['"decimal"', "price: string"],
  ['enumOf("draft", "live")', 'status: "draft" | "live"'],
  ['"json"', "extra: unknown"],
  ['"uuid"', "reference: string | null"],
];

/** Schema `i` belongs to the one before it and has many of the one behind it, in a ring. */
function schema(i) {
  const before = `S${(i + SCHEMAS - 1) % SCHEMAS}`;
  const behind = `S${(i + 1) % SCHEMAS}`;
  return `
@Schema("s${i}")
export class S${i} {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
${fields.map(([type, property]) => `  @Field(${type}) declare ${property};`).join("\n")}
  @Field("binary_id") declare ownerId: string;
  @BelongsTo(() => ${before}, "ownerId") declare owner: BelongsTo<${before}>;
  @HasMany(() => ${behind}, "ownerId") declare parts: HasMany<${behind}>;
  @InsertedAt() declare insertedAt: Date;
  @UpdatedAt() declare updatedAt: Date;

  static changeset(record: S${i}, params: unknown = {}) {
    return cast(record, params, ["name", "summary", "amount", "status"])
      .validateRequired(["name", "amount"])
      .validateLength("name", { max: 100 })
      .validateNumber("amount", { greaterThan: 0 })
      .uniqueConstraint("name");
  }
}

export const chosen${i} = from(S${i})
  .where({ name: { startsWith: "a" }, amount: { gte: 1, lt: 9 }, status: "live" })
  .orderBy({ insertedAt: "desc" })
  .limit(10)
  .select(["id", "name", "amount"]);
export const loaded${i} = from(S${i}).where({ ownerId: "x" }).preload("parts.parts.owner", "owner.owner");
export function use${i}(row: RowOf<typeof loaded${i}>, record: S${i}) {
  const names: string[] = row.parts.flatMap((part) => part.parts.map((inner) => inner.owner.name));
  return { names, owner: row.owner.owner.name, changeset: S${i}.changeset(record, { name: row.name }) };
}
`;
}

const program = `
import { cast } from "../types/changeset/index.js";
import { from, type Selects } from "../types/query/index.js";
import {
  BelongsTo, enumOf, Field, HasMany, InsertedAt, PrimaryKey, Schema, UpdatedAt,
} from "../types/schema/index.js";

type RowOf<Q> = Q extends Selects<infer Row> ? Row : never;
${Array.from({ length: SCHEMAS }, (_, i) => schema(i)).join("")}`;

/** Runs the compiler; its diagnostics go to standard output. */
function tsc(...args) {
  try {
    return execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
  } catch (error) {
    process.stdout.write(error.stdout ?? "");
    console.error(`tsc ${args.join(" ")} failed.`);
    process.exit(1);
  }
}

function writeProject(name, config, sources = {}) {
  mkdirSync(`${folder}/${name}`, { recursive: true });
  writeFileSync(`${folder}/${name}/tsconfig.json`, JSON.stringify(config));
  for (const [file, text] of Object.entries(sources)) writeFileSync(`${folder}/${name}/${file}`, text);
  return `${folder}/${name}`;
}

rmSync(folder, { recursive: true, force: true });
// Users compile against declarations, so the program does too.
const declarations = writeProject("declarations", {
  extends: "../../../tsconfig.json",
  compilerOptions: {
    rootDir: "../../../lib",
    outDir: "../types",
    emitDeclarationOnly: true,
    declarationMap: false,
    sourceMap: false,
    stripInternal: true,
  },
  include: [],
  files: ["schema", "changeset", "query"].map((name) => `../../../lib/${name}/index.ts`),
});
tsc("-p", declarations);
const using = writeProject(
  "program",
  {
    extends: "../../../tsconfig.json",
    compilerOptions: { noEmit: true, rootDir: ".." },
    include: [],
    files: ["program.ts"],
  },
  { "program.ts": program },
);
const report = tsc("-p", using, "--extendedDiagnostics");
const instantiations = Number(/^Instantiations:\s+(\d+)/m.exec(report)?.[1]);
if (!(instantiations > 0)) throw new Error(`The compiler reported no instantiations:\n${report}`);
console.log(`${SCHEMAS} schemas of 17 fields: ${instantiations} type instantiations (budget ${BUDGET}).`);
if (!process.argv.includes("--keep")) rmSync(folder, { recursive: true });
process.exitCode = instantiations <= BUDGET ? 0 : 1;
