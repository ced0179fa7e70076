import { proseOf } from "./page-programs.js";

/** Whose names are not those of `plinth` itself. */
const elsewhere: Readonly<Record<string, string>> = {
  Sandbox: "plinth/testing",
  openEngine: "plinth/engine",
  pack: "plinth/tuple",
  prefixRange: "plinth/tuple",
  startTelemetry: "plinth/otel",
  syncHandler: "plinth/web",
  unpack: "plinth/tuple",
  useLive: "plinth/react",
};

/** What the options of a call are, as a type. */
const optionsOf: Readonly<Record<string, string>> = {
  "@Schema": "plinth.SchemaOptions",
  "@Field": "plinth.FieldOptions",
  "@PrimaryKey": "plinth.PrimaryKeyOptions",
  "@HasMany": "DependentOptions | ThroughOptions",
  "@HasOne": "DependentOptions | ThroughOptions",
  "@ManyToMany": "ManyToManyOptions<unknown>",
  "@EmbedsOne": "EmbedOptions",
  "@EmbedsMany": "EmbedOptions",
  "new Repo": "plinth.RepoOptions",
  cast: "plinth.CastOptions",
  index: "plinth.IndexOptions<Row>",
  registerIndexer: "plinth.Indexer",
  "repo.allRange": "RangeOptions",
  "repo.insert": "plinth.InsertOptions",
  "repo.update": "plinth.UpdateOptions",
  "repo.delete": "plinth.DeleteOptions",
  "repo.transactional": "plinth.TransactionOptions",
  "sync.all": "plinth.LiveOptions",
};

const names = /^(?:@\w+|[A-Z]?\w+(?:\.\w+)?|new Repo)(?:\(\{ ?[\w, ]+ ?\}\))?$/;

/** How many lines of the page's tables are there, are there differently, and are not, and those that say neither name nor reason. */
export function countedIn(page: string): {
  readonly counts: readonly number[];
  readonly bare: readonly string[];
} {
  const rows = [...linesOf(page).matchAll(/^\| (.+?) \| (yes|differently|no) \| (.*?) \| (.*?) ?\|$/gm)];
  const counts = ["yes", "differently", "no"].map((how) => rows.filter((row) => row[2] === how).length);
  const bare = rows.filter(([, , how, name, reason]) =>
    how === "no" ? name !== "—" || reason === "" : name === "",
  );
  return { counts, bare: bare.map(([row]) => row) };
}

const linesOf = (page: string): string => proseOf(page).split("\n## Line by line\n")[1] ?? "";

/** The code in the third cells of the page's tables of lines. */
export function namedBy(page: string): readonly string[] {
  const cells = [...linesOf(page).matchAll(/^\| .+? \| (?:yes|differently) \| (.*?) \|/gm)].map(
    ([, cell]) => cell!,
  );
  return [...new Set(cells.flatMap((cell) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, span]) => span!)))];
}

/** A program that compiles when every export, member and option of them exists. */
export function namesProgram(spans: readonly string[]): string {
  return [header, ...spans.filter((span) => !/^(?:"|plinth )/.test(span)).map(checkOf)].join("\n");
}

function checkOf(span: string, at: number): string {
  if (!names.test(span)) throw new Error(`This is no name that could be looked up: ${span}`);
  const [, subject = "", options] = /^([^(]+)(?:\(\{ ?(.*?) ?\}\))?$/.exec(span) ?? [];
  const found = options?.split(", ").map((option) => `"${option}"`) ?? [];
  const type = optionsOf[subject] ?? `Options<typeof ${subject}>`;
  const taken = found.map((option, of) => `export const o${at}_${of}: Keys<${type}> = ${option};`);
  return [existence(subject.replace(/^@|^new /, ""), at), ...taken].join(" ");
}

function existence(name: string, at: number): string {
  const [owner = "", member] = name.split(".");
  if (member === undefined) return `export type { ${name} as N${at} } from "${elsewhere[name] ?? "plinth"}";`;
  const value = /^[A-Z]/.test(owner) ? `plinth.${owner}` : owner;
  return `export type N${at} = (typeof ${value})["${member}"];`;
}

const header = `import * as plinth from "plinth";
import type { DependentOptions, EmbedOptions, ThroughOptions } from "../../lib/schema/decorators/relation-decorators.js";
import type { RangeOptions } from "../../lib/repo/read/all-range.js";
import type { ManyToManyOptions } from "../../lib/schema/decorators/many-to-many.js";
declare class Row { id: string }
declare const repo: plinth.Repo, multi: plinth.Multi, sync: plinth.Sync, tenant: plinth.Tenant;
declare const changeset: plinth.Changeset<Row>, query: plinth.Query<Row>;
declare const subscription: plinth.Subscription<plinth.Queries>;
type Keys<T> = T extends unknown ? keyof T : never;
type Options<F> = F extends (...args: infer A) => unknown ? A[number] : never;`;
