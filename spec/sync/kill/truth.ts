import { isDeepStrictEqual } from "node:util";
import type { Change } from "../../../lib/index.js";
import type { AnyTransition, VersionedTransition } from "../../../lib/sync/live/transition.js";
import { foldTransition } from "../../../lib/web/index.js";
import { textOf } from "./posts.js";

interface Row {
  readonly id: string;
  readonly rank: number;
  readonly version: number;
  readonly text: string | null;
}

type Value = Readonly<Record<string, unknown>>;
type Journaled = readonly [stamp: string, id: string, version: number, op: string, rank: number];

const commitOf = (stamp: string): bigint => BigInt(`0x${stamp.slice(0, 16)}`);
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** What a reader folds from what it is told, over all its lives, judged by what the writers wrote down. */
export class Truth {
  readonly #journal: Journaled[] = [];
  /** Journal entries that are in `#rows`. */
  #passed = 0;
  readonly #rows = new Map<string, Row>();
  #folded: Value = {};
  #foldedAt = -1n;
  /** What was folded at versions whose journal is not known whole yet. */
  #waiting: { readonly version: bigint; readonly value: Value }[] = [];
  /** The newest version of each post that was told. */
  readonly #told = new Map<string, number>();
  readonly faults: string[] = [];
  transitions = 0;
  tests = 0;

  get commits(): number {
    return this.#journal.length;
  }

  /** The newest journal entry. */
  get newest(): string | undefined {
    return this.#journal.at(-1)?.[0];
  }

  journal(entry: Journaled): void {
    this.#journal.push(entry);
  }

  /** Takes what a reader was told; gives the cursor to go on from. */
  tell(transition: AnyTransition): string | undefined {
    if (transition.type === "status") return undefined;
    this.#follow(transition);
    this.#folded = foldTransition(this.#folded, transition);
    this.#foldedAt = transition.version;
    this.#waiting.push({ version: transition.version, value: this.#folded });
    this.transitions++;
    return transition.cursor;
  }

  /** No version twice, and none left out: each step begins where the one before has ended. */
  #follow(transition: VersionedTransition): void {
    if (transition.type === "snapshot") {
      if (this.#foldedAt >= 0n) this.faults.push(`a snapshot: ${transition.reason}`);
      return;
    }
    if (transition.type !== "change") return;
    if (transition.from !== this.#foldedAt)
      this.faults.push(`a gap: from ${transition.from} after ${this.#foldedAt}`);
    const shown = new Map((this.#folded.all as readonly Row[]).map((row) => [row.id, row]));
    for (const step of (transition.changes.all ?? []) as readonly Change<Row>[]) {
      const id = String(step.key);
      const before = shown.get(id);
      const told = this.#told.get(id) ?? before?.version ?? 0;
      if (step.op !== "insert" && step.before.version !== before?.version)
        this.faults.push(`${step.op} of ${id} ${step.before.version}, shown is ${before?.version}`);
      if (step.op === "insert" && before !== undefined) this.faults.push(`a second insert of ${id}`);
      // A step that changes nothing only moves a row.
      if (step.op === "update" && step.changed.length === 0) continue;
      if (step.op === "delete") shown.delete(id);
      else {
        if (step.row.version <= told) this.faults.push(`${id} ${step.row.version} is told after ${told}`);
        shown.set(id, step.row);
        this.#told.set(id, step.row.version);
      }
    }
  }

  /** Judges all that was folded, once the journal is known up to there. */
  judge(): void {
    for (const { version, value } of this.#waiting) {
      this.#advance(version);
      this.tests++;
      const wanted = this.#value();
      if (!isDeepStrictEqual(plain(value), wanted))
        this.faults.push(
          `at ${version}: ${JSON.stringify(value)} and not ${JSON.stringify(wanted)}`.slice(0, 4_000),
        );
    }
    this.#waiting = [];
  }

  #advance(version: bigint): void {
    for (; this.#passed < this.#journal.length; this.#passed++) {
      const [stamp, id, number, op, rank] = this.#journal[this.#passed]!;
      if (commitOf(stamp) > version) return;
      if (op === "delete") this.#rows.delete(id);
      else this.#rows.set(id, { id, rank, version: number, text: textOf(id, number) });
    }
  }

  /** What the labels of the reader show of the rows there are. */
  #value(): Value {
    const byId = [...this.#rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    const byRank = byId.toSorted((a, b) => a.rank - b.rank);
    return {
      all: byRank,
      top: byRank.toReversed().slice(0, 3),
      each: byId,
      first: this.#rows.get("p0") ?? null,
      high: byRank.filter(({ rank }) => rank >= 50).length,
    };
  }
}
