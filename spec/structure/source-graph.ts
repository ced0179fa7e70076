/** What the files of a tree import, read from their text. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";

/** One import of a module, types included. */
export interface ImportEdge {
  readonly from: string;
  /** A path such as `lib/tuple/pack.ts`, or a bare specifier such as `node:fs`. */
  readonly to: string;
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
const statement = /^(?:import|export)\s+(?:type\s+)?(?:[^"'`;]*?\sfrom\s+)?["']([^"'\n]+)["']/gm;
// Of a module that is loaded later, or of a type that is named in place.
const inline = /\bimport\(\s*["']([^"'\n]+)["']\s*\)/g;

/** The imports of one module, static and dynamic; `.js` specifiers become the `.ts` paths they stand for. */
export function importsOf(path: string, source: string): ImportEdge[] {
  const targets = Array.from(source.matchAll(statement), ([, target]) => target!);
  for (const line of source.split("\n")) {
    if (/^\s*(\*|\/\/|\/\*)/.test(line)) continue;
    for (const [, target] of line.matchAll(inline)) targets.push(target!);
  }
  return targets.map((target) => ({ from: path, to: resolve(path, target) }));
}

function resolve(from: string, target: string): string {
  if (!target.startsWith(".")) return target;
  return posix.normalize(posix.join(dirname(from), target)).replace(/\.js$/, ".ts");
}

/** All imports of all modules. */
export function importsOfAll(sources: Sources): ImportEdge[] {
  return [...sources].flatMap(([path, source]) => importsOf(path, source));
}

/**
 * Circles among modules, imports of types included: groups in which each module leads to every other one, sorted.
 *
 * Tarjan's algorithm: https://en.wikipedia.org/wiki/Tarjan%27s_strongly_connected_components_algorithm
 */
export function findCircles(sources: Sources): string[][] {
  const targets = new Map<string, string[]>(Array.from(sources.keys(), (path) => [path, []]));
  for (const { from, to } of importsOfAll(sources)) if (targets.has(to)) targets.get(from)!.push(to);
  const circles: string[][] = [];
  const order = new Map<string, number>();
  const open: string[] = [];
  const isOpen = new Set<string>();
  const visit = (path: string): number => {
    let low = order.size;
    order.set(path, low);
    open.push(path);
    isOpen.add(path);
    for (const next of targets.get(path)!) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (isOpen.has(next)) low = Math.min(low, order.get(next)!);
    }
    if (low < order.get(path)!) return low;
    const group = open.splice(open.indexOf(path));
    for (const member of group) isOpen.delete(member);
    if (group.length > 1 || targets.get(path)!.includes(path)) circles.push(group.sort());
    return low;
  };
  for (const path of sources.keys()) if (!order.has(path)) visit(path);
  return circles.sort();
}
