/** Decides when old log entries are removed and by which process, as pure steps of a state that all share. */

import { longestTimer } from "./positive-ms.js";

/** The store's version at some moment: versions say nothing about time, so moments are written down. */
export type Mark = readonly [atMs: number, version: string];

/** One round through all tenants, and who makes it. */
export interface Sweep {
  /** Logs lose what is no newer than this version. */
  readonly through: string;
  /** The last tenant that is done; absent at first. */
  readonly after?: string;
  readonly owner: string;
  /** When others may take over (milliseconds since 1970). */
  readonly untilMs: number;
}

/** What the processes of a store agree on about its old log entries; one key for all tenants. */
export interface Retention {
  readonly marks: readonly Mark[];
  readonly sweep?: Sweep;
}

/** Marks in the time that a log is kept. */
const marks = 24;

/** Milliseconds after which a sweep whose owner is silent is taken over. */
export const leaseMs = 60_000;

/** Milliseconds between two marks. */
export const visitEvery = (retentionMs: number): number =>
  Math.min(Math.max(1_000, Math.floor(retentionMs / marks)), longestTimer);

export interface Visitor {
  readonly owner: string;
  readonly nowMs: number;
  /** The store's version now. */
  readonly version: bigint;
  readonly retentionMs: number;
}

/** What a visit finds to do. */
export interface Visit {
  /** The state to write; undefined when it stays. */
  readonly next?: Retention;
  /** The visitor's own sweep, to go on with. */
  readonly sweep?: Sweep;
  /** Milliseconds until there can be something else to do. */
  readonly waitMs: number;
}

/** Writes down the time; begins a sweep when there is a version that is old enough, or takes over one that was left. */
export function visit({ marks: noted, sweep }: Retention, visitor: Visitor): Visit {
  const { owner, nowMs, version, retentionMs } = visitor;
  const every = visitEvery(retentionMs);
  const claim = { owner, untilMs: nowMs + leaseMs };
  if (sweep !== undefined) {
    const waitMs = Math.min(sweep.untilMs - nowMs, leaseMs);
    if (sweep.owner !== owner && waitMs > 0) return { waitMs };
    const own = { ...sweep, ...claim };
    return { next: { marks: noted, sweep: own }, sweep: own, waitMs: 0 };
  }
  // A clock that was ahead would hold up the others until its time has come.
  const past = noted.filter(([atMs]) => atMs <= nowMs);
  const newest = past.at(-1);
  if (newest !== undefined && nowMs - newest[0] < every) return { waitMs: every - (nowMs - newest[0]) };
  const kept = past.filter(([atMs]) => nowMs - atMs < retentionMs);
  const expired = past[past.length - kept.length - 1];
  const next: Mark[] = [...kept, [nowMs, version.toString()]];
  if (expired === undefined) return { next: { marks: next }, waitMs: every };
  const begun = { through: expired[1], ...claim };
  return { next: { marks: next, sweep: begun }, sweep: begun, waitMs: 0 };
}

/**
 * The state after some tenants of a sweep are done; undefined when it is no longer the visitor's.
 *
 * @param last the last of them; undefined when all are done
 */
export function progressed(
  state: Retention,
  owner: string,
  nowMs: number,
  last: string | undefined,
): Retention | undefined {
  const { marks: noted, sweep } = state;
  if (sweep?.owner !== owner) return undefined;
  if (last === undefined) return { marks: noted };
  return { marks: noted, sweep: { ...sweep, after: last, untilMs: nowMs + leaseMs } };
}
