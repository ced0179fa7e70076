/** What in a tree of sources breaks the rules of the house. */

import { dirname } from "node:path";
import { type ImportEdge, importsOfAll, type Sources } from "./source-graph.js";

/** Which rooms a room may import, by its folder below `lib/`; see `house.ts`. */
export interface House {
  readonly folders: readonly (readonly string[])[];
  readonly rooms: Readonly<Record<string, readonly string[]>>;
  readonly roomSize: number;
}

/** The public face: it re-exports everything and nothing inside may import it. */
const face = "lib/index.ts";
/** Shared by all, and importing nothing of the library but each other. */
const open: ReadonlySet<string> = new Set(["lib/errors.ts", "lib/copies.ts"]);

const roomOf = (path: string): string => dirname(path).slice("lib/".length);
const folderOf = (room: string): string => room.split("/")[0]!;
const isFace = (path: string): boolean => path.endsWith("/index.ts");

/** One line for each import that the house does not allow. */
export function wrongImports(sources: Sources, house: House): string[] {
  return importsOfAll(sources).flatMap((edge) => wrongImport(edge, house) ?? []);
}

function wrongImport({ from, to }: ImportEdge, { rooms }: House): string | null {
  if (!to.startsWith("lib/")) {
    return to === "plinth" || to.startsWith("plinth/") ? `${from} imports the package by its own name` : null;
  }
  if (to === face) return `${from} imports ${face}, which is for users of the package`;
  if (open.has(to)) return null;
  if (open.has(from)) return `${from} imports ${to}`;
  if (from === face) return isFace(to) ? null : `${from} imports ${to}, which is not a face`;
  const [room, other] = [roomOf(from), roomOf(to)];
  const allowed = rooms[room];
  if (allowed === undefined) return `${from} stands in a room that house.ts does not name`;
  if (room === other) return isFace(to) ? `${from} imports the face of its own room` : null;
  if (!allowed.includes(other)) return `${from} imports ${to}: house.ts does not let ${room} import ${other}`;
  return isFace(to) ? null : `${from} imports ${to} past the face of ${other}`;
}

/** What is wrong with the plan itself: a room that may import upward or beside, or something that it does not need. */
export function wrongPlan(sources: Sources, { folders, rooms }: House): string[] {
  const rank = new Map(folders.flatMap((row, at) => row.map((folder) => [folder, at] as const)));
  const order = Object.keys(rooms);
  const used = new Set(importsOfAll(sources).map(({ from, to }) => `${roomOf(from)} ${roomOf(to)}`));
  const standing = new Set(Array.from(sources.keys(), roomOf));
  const wrong: string[] = [];
  for (const [at, room] of order.entries()) {
    const own = rank.get(folderOf(room));
    if (own === undefined) wrong.push(`${room} is in a folder that is not placed`);
    if (!standing.has(room)) wrong.push(`${room} is empty`);
    for (const other of rooms[room]!) {
      const below = order.indexOf(other);
      const level = rank.get(folderOf(other));
      const lower = folderOf(other) === folderOf(room) ? below < at : (level ?? 0) < (own ?? 0);
      if (below < 0) wrong.push(`${room} may import ${other}, which is no room`);
      else if (!lower) wrong.push(`${room} may import ${other}, which is not below it`);
      else if (!used.has(`${room} ${other}`)) wrong.push(`${room} may import ${other} and does not`);
    }
  }
  return wrong;
}

/** Rooms with more files than a reader can overlook, and faces that do more than open a room. */
export function wrongRooms(sources: Sources, { roomSize }: House): string[] {
  const wrong = Array.from(roomSizes(sources))
    .filter(([, size]) => size > roomSize)
    .map(([room, size]) => `lib/${room} holds ${size} files; ${roomSize} is the most`);
  for (const [path, source] of sources) {
    if (path !== face && isFace(path) && !opensOnly(source)) wrong.push(`${path} does more than re-export`);
  }
  return wrong;
}

/** How many files each room holds. */
export function roomSizes(sources: Sources): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const path of sources.keys()) {
    if (path !== face && !open.has(path)) sizes.set(roomOf(path), (sizes.get(roomOf(path)) ?? 0) + 1);
  }
  return sizes;
}

function opensOnly(source: string): boolean {
  const rest = source
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^export (type )?\{[^}]*\} from "[^"]+";$/gm, "");
  return rest.trim() === "";
}

/** Files that do not begin with one plain sentence on what they are for, and sentences that stand twice. */
export function wrongBeginnings(sources: Sources): string[] {
  const seen = new Map<string, string>();
  return Array.from(sources).flatMap(([path, source]) => {
    if (isFace(path)) return [];
    const comment = /^(?:#!.*\n)?\/\*\*([\s\S]*?)\*\//.exec(source)?.[1];
    const text =
      comment
        ?.replace(/^\s*\*/gm, "")
        .replace(/\s+/g, " ")
        .trim() ?? "";
    const sentence = /^.*?[.:](?= |$)/.exec(text)?.[0];
    if (sentence === undefined) return [`${path} does not begin with a sentence on what it is for`];
    const other = seen.get(sentence);
    seen.set(sentence, path);
    return other === undefined ? [] : [`${path} begins as ${other} does`];
  });
}
