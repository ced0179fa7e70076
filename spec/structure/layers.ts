import { type ImportEdge, importsOfAll, type Sources } from "./source-graph.js";

/** The folders of `lib/` from the bottom up; folders of one row do not know each other. */
export const layers: readonly (readonly string[])[] = [
  ["engine"],
  ["tuple"],
  ["directory"],
  ["tenant"],
  ["schema"],
  ["layer"],
  ["changeset", "query", "migration"],
  ["repo"],
  ["sync", "otel"],
  ["web", "cli"],
  ["testing"],
];

/** The public face: it re-exports everything and nothing inside may import it. */
const face = "lib/index.ts";
/** Shared by all, and importing nothing of the library itself. */
const errors = "lib/errors.ts";

const rank = new Map(layers.flatMap((row, at) => row.map((folder) => [folder, at] as const)));
const folderOf = (path: string): string => path.split("/")[1] ?? "";

/** Why an import breaks the direction `engine <- … <- sync <- web, cli`, or `null` when it keeps it. */
export function violation({ from, to }: ImportEdge): string | null {
  if (!to.startsWith("lib/")) {
    return to === "plinth" || to.startsWith("plinth/") ? `${from} imports the package by its own name` : null;
  }
  if (to === face) return `${from} imports ${face}, which is for users of the package`;
  if (from === face || to === errors) return null;
  if (from === errors) return `${errors} imports ${to}`;
  const [lower, upper] = [rank.get(folderOf(to)), rank.get(folderOf(from))];
  if (upper === undefined) return `${from} stands in a folder that layers.ts does not place`;
  if (lower === undefined) return `${from} imports ${to}, whose folder layers.ts does not place`;
  if (folderOf(to) === folderOf(from) || lower < upper) return null;
  return `${from} imports ${to}, which stands ${lower === upper ? "beside" : "above"} it`;
}

/** One line for each import that breaks the direction. */
export function violations(sources: Sources): string[] {
  return importsOfAll(sources).flatMap((edge) => violation(edge) ?? []);
}
