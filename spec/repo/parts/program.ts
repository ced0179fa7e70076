/** Random programs of one transaction: writes one after the other and beside each other, and parts that may fail. */

import { Random } from "../../../lib/testing/faults/random.js";

export interface WriteStep {
  readonly kind: "insert" | "update" | "delete" | "upsert" | "blind";
  readonly id: string;
  readonly n: number;
  readonly mail: string | null;
}

export interface BulkStep {
  readonly kind: "insertAll";
  readonly rows: readonly WriteStep[];
}

export interface PartStep {
  readonly kind: "part";
  /** A function of the application that fails throws at its end. */
  readonly fails: boolean;
  readonly steps: readonly Step[];
  /** Given to `afterCommit` in it. */
  readonly token: number;
}

/** Writes, or parts on different rows, that are called in one go. */
export interface BesideStep {
  readonly kind: "beside";
  readonly steps: readonly Step[];
}

export type Step = WriteStep | BulkStep | PartStep | BesideStep;

export const ids = ["a", "b", "c", "d", "e", "f"];
const mails = ["u", "v", "w", "x", "y", "z"];

let serial = 1_000;

interface World {
  readonly random: Random;
  readonly ids: readonly string[];
  readonly mails: readonly string[];
}

const pick = <T>({ random }: World, list: readonly T[]): T => list[random.below(list.length)]!;

function write(world: World): WriteStep {
  const kinds = ["insert", "insert", "update", "update", "update", "delete", "upsert"] as const;
  const kind = pick(world, kinds);
  const mail = world.mails.length === 0 || world.random.below(3) === 0 ? null : pick(world, world.mails);
  return { kind, id: pick(world, world.ids), n: serial++, mail };
}

const some = <T>({ random }: World, most: number, make: () => T): T[] =>
  Array.from({ length: 1 + random.below(most) }, make);

function part(world: World, depth: number): PartStep {
  return {
    kind: "part",
    fails: world.random.below(2) === 0,
    steps: some(world, 4, () => step(world, depth + 1)),
    token: serial++,
  };
}

/** Parts beside each other have rows of their own and take no values: which of them comes first is theirs. */
function apart(world: World, depth: number): Step[] {
  if (world.ids.length < 2) return [part(world, depth)];
  return [0, 1].map((half) => {
    const own = world.ids.filter((_, at) => at % 2 === half);
    return part({ random: world.random, ids: own, mails: [] }, depth);
  });
}

function step(world: World, depth: number): Step {
  const turn = world.random.below(10);
  if (turn < 4) return write(world);
  if (turn < 6) return { kind: "beside", steps: some(world, 5, () => write(world)) };
  if (turn === 6) {
    const rows = some(world, 4, () => ({ ...write(world), kind: "insert" as const }));
    return { kind: "insertAll", rows };
  }
  if (depth >= 3) return write(world);
  return turn < 9 ? part(world, depth) : { kind: "beside", steps: apart(world, depth) };
}

/** The steps of one transaction. */
export function randomProgram(seed: number): readonly Step[] {
  const world = { random: new Random(seed), ids, mails };
  return Array.from({ length: 2 + world.random.below(6) }, () => step(world, 0));
}
