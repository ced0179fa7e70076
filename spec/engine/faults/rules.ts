/** Which calls of the system are refused in a trial, and why. */
import { constants } from "node:os";

export const CALLS = { open: 1, write: 2, flush: 3, truncate: 4, rename: 5, unlink: 6, read: 7 } as const;

export interface Rule {
  readonly call: keyof typeof CALLS;
  /** The name of the file; any file of the store when it is empty. */
  readonly name: string;
  /** So many calls go well, and so many after them are refused. */
  readonly after: number;
  readonly times: number;
  readonly errno: number;
  /** A write takes half of its bytes instead of being refused. */
  readonly part: boolean;
}

const REASONS: Readonly<Record<Rule["call"], readonly (keyof typeof constants.errno)[]>> = {
  open: ["EMFILE", "ENFILE", "EACCES", "ENOMEM", "EIO", "ENOSPC", "EROFS"],
  write: ["ENOSPC", "ENOSPC", "EIO", "EDQUOT", "EFBIG", "EROFS"],
  flush: ["EIO", "EIO", "ENOSPC", "EROFS"],
  truncate: ["ENOSPC", "EIO", "EROFS"],
  rename: ["EIO", "EACCES", "ENOSPC", "EROFS"],
  unlink: ["EIO", "EACCES", "EROFS"],
  read: ["EIO"],
};
const CALLS_TRIED: readonly Rule["call"][] = [
  ...(["open", "write", "write", "write", "flush", "flush"] as const),
  ...(["truncate", "rename", "unlink", "read"] as const),
];
const NAMES = ["data.mdb", "data.mdb", "data.mdb", "journal.0", "journal.1", "data.mdb-lock", "lock", ""];

/** Numbers of [0, 1) that a seed decides (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed * 0x9e3779b1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function ruleOf(random: () => number): Rule {
  const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
  const call = one(CALLS_TRIED);
  const name = one(NAMES);
  const after = one([0, 0, 1, 2, 3, 5, 8, 13]);
  const times = one([1, 1, 2, 5, 1000]);
  // LMDB dies when it cannot open or read its files, and not we: that it can is seen just before.
  const opens = call === "open" && (name === "" || name.startsWith("data"));
  const reads = call === "read" && (name === "" || name.startsWith("data"));
  return {
    call,
    name: reads ? "journal.0" : name,
    after: opens ? 0 : after,
    times: opens ? 1000 : times,
    errno: constants.errno[one(REASONS[call])],
    part: call === "write" && random() < 0.3,
  };
}
