/** The lives of a store, which tell its versions from those of a store that was put back to an earlier state.
 *
 * A life begins with the first commit after an open and ends with the last commit that the next open finds. Whatever
 * was committed behind that end (in a copy that went on elsewhere, by a store whose last moments were lost, before a
 * backup was put back) belongs to a life that this store does not know, or to a part of one that it does not have.
 */

import { randomBytes } from "node:crypto";

/** The commits from `begin` to `end`; the newest life has no end yet. */
interface Life {
  readonly id: Buffer;
  readonly begin: number;
  readonly end: number;
}

const ID_BYTES = 16;
const LIFE_BYTES = ID_BYTES + 8 + 8;
/** Lives that are kept; more openings than these lie behind no cursor that the log still serves. */
const KEPT = 1000;

export class Lives {
  private constructor(
    private readonly lives: readonly Life[],
    /** The newest commit that the open found. */
    readonly found: number,
    /** A commit since the open has begun a life of its own. */
    readonly begun: boolean,
  ) {}

  /** Of a store that was opened with commits up to `found`; `store` is the identity that its first life has. */
  static open(stored: Buffer | undefined, store: Buffer, found: number): Lives {
    const lives = decode(stored);
    if (lives.length === 0) lives.push({ id: store, begin: 0, end: found });
    return new Lives(lives, found, false);
  }

  /** As a process that shares the store is told of them. */
  static received(encoded: Buffer, found: number, begun: boolean): Lives {
    return new Lives(decode(encoded), found, begun);
  }

  /** With the life that the commit of `version` begins. */
  begin(version: number): Lives {
    const last = this.lives.at(-1)!;
    const ended = [...this.lives.slice(0, -1), { ...last, end: Math.min(last.end, this.found) }];
    const life = { id: randomBytes(ID_BYTES), begin: version, end: Number.POSITIVE_INFINITY };
    return new Lives([...ended.slice(1 - KEPT), life], this.found, true);
  }

  encode(): Buffer {
    const bytes = Buffer.alloc(this.lives.length * LIFE_BYTES);
    for (const [i, { id, begin, end }] of this.lives.entries()) {
      bytes.set(id, i * LIFE_BYTES);
      bytes.writeDoubleLE(begin, i * LIFE_BYTES + ID_BYTES);
      bytes.writeDoubleLE(end, i * LIFE_BYTES + ID_BYTES + 8);
    }
    return bytes;
  }

  /** The commit of `version` and its life as text. */
  name(version: number): string {
    const life = this.lives.findLast(({ begin }) => begin <= version) ?? this.lives[0]!;
    return `${life.id.toString("base64url")}.${version.toString(36)}`;
  }

  /** Whether the commit that `name` names is one of this store, whose newest one is that of `newest`. */
  knows(name: string, newest: number): boolean {
    const [id, version, more] = name.split(".");
    if (more !== undefined || id === undefined || version === undefined || !/^[0-9a-z]{1,11}$/.test(version))
      return false;
    const commit = Number.parseInt(version, 36);
    const at = this.lives.findIndex((one) => one.id.toString("base64url") === id);
    if (at < 0) return false;
    const { begin, end } = this.lives[at]!;
    // Until it begins a life of its own, an open store has nothing behind the commits that it found.
    const last = this.begun ? end : Math.min(end, this.found);
    return commit >= begin && commit <= Math.min(last, newest);
  }
}

function decode(stored: Buffer | undefined): Life[] {
  const lives: Life[] = [];
  for (let at = 0; stored !== undefined && at + LIFE_BYTES <= stored.length; at += LIFE_BYTES)
    lives.push({
      id: Buffer.from(stored.subarray(at, at + ID_BYTES)),
      begin: stored.readDoubleLE(at + ID_BYTES),
      end: stored.readDoubleLE(at + ID_BYTES + 8),
    });
  return lives;
}
