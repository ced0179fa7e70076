import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";

/** One import of a module: where it points and whether it still exists once the types are erased. */
export interface ImportEdge {
  readonly from: string;
  /** A path such as `lib/tuple/pack.ts`, or a bare specifier such as `node:fs`. */
  readonly to: string;
  readonly runtime: boolean;
}

/** Source text by path, with forward slashes, as `lib/tuple/pack.ts`. */
export type Sources = ReadonlyMap<string, string>;

/** Every TypeScript file under `folder` of the project. */
export function readSources(root: string, folder: string): Sources {
  const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return new Map(
    files.map((file) => [relative(root, file).split(sep).join("/"), readFileSync(file, "utf8")]),
  );
}

// Statements start in the first column, so examples inside comments and docstrings do not match.
const statement = /^(?:import|export)\s+(type\s+)?(?:[^"'`;]*?\sfrom\s+)?["']([^"'\n]+)["']/gm;
const dynamic = /\bimport\(\s*["']([^"'\n]+)["']\s*\)/g;

/** The imports of one module, static and dynamic; `.js` specifiers become the `.ts` paths they stand for. */
export function importsOf(path: string, source: string): ImportEdge[] {
  const edges: ImportEdge[] = [];
  for (const [, type, target] of source.matchAll(statement)) {
    edges.push({ from: path, to: resolve(path, target!), runtime: type === undefined });
  }
  for (const line of source.split("\n")) {
    if (/^\s*(\*|\/\/|\/\*)/.test(line)) continue;
    for (const [, target] of line.matchAll(dynamic)) {
      edges.push({ from: path, to: resolve(path, target!), runtime: false });
    }
  }
  return edges;
}

function resolve(from: string, target: string): string {
  if (!target.startsWith(".")) return target;
  return posix.normalize(posix.join(dirname(from), target)).replace(/\.js$/, ".ts");
}

/** All imports of all modules. */
export function importsOfAll(sources: Sources): ImportEdge[] {
  return [...sources].flatMap(([path, source]) => importsOf(path, source));
}

/** Cycles among modules that survive type erasure; each is a list that starts and ends with the same module. */
export function findCycles(sources: Sources): string[][] {
  const targets = new Map<string, string[]>();
  for (const edge of importsOfAll(sources)) {
    if (edge.runtime && sources.has(edge.to))
      targets.set(edge.from, [...(targets.get(edge.from) ?? []), edge.to]);
  }
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      cycles.push([...trail.slice(start), path]);
      return;
    }
    if (done.has(path)) return;
    for (const next of targets.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of sources.keys()) visit(path, []);
  return cycles;
}
