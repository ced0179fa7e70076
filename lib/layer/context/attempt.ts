/** What the layer remembers during one attempt of a transaction, or of a part of one; a retry starts with a new one. */

import { TransactionTooLargeError } from "../../errors.js";
import { type Bytes, keyText } from "../keys/index.js";
import type { SourceMetadata, TenantMetadata } from "../metadata/index.js";
import { Claimant, Claims } from "./claims.js";
import type { SharedCommit } from "./shared-commit.js";
import { UniqueJudge } from "./unique-judge.js";
import { WriteOrder, type WritePlace } from "./write-order.js";

/** What all parts of one attempt count together. */
class Counts {
  op = 0;
  /** Numbers of the commit that others have taken before. */
  base = 0;
  writes = 0;
  /** Operations between their first read and their writes. */
  reading = 0;

  nextOp(): number {
    if (this.base + this.op > 0xffff) {
      throw new TransactionTooLargeError(
        "One transaction holds at most 65,536 operations, because each takes one of the versionstamp's numbers; " +
          "write in batches: repo.insertAll(S, rows, { batch: 1000 }).",
      );
    }
    return this.op++;
  }

  /** A number that was given out, as it is in the commit. */
  inCommit(op: number): number {
    return this.base + op;
  }
}

export class Attempt {
  /** The tenant's metadata, once it is validated in this attempt. */
  validated: TenantMetadata | undefined;
  validating: Promise<TenantMetadata> | undefined;
  /** A row was written, and then what follows from it could not be: the attempt must not be committed. */
  broken: { readonly error: unknown } | undefined;
  /** Set while the writes of the attempt are judged together. */
  judge: UniqueJudge | undefined;
  readonly #counts: Counts;
  #order: WriteOrder | undefined;
  #loading: Map<string, Promise<SourceMetadata>> | undefined;
  /** Numbers below it may belong to parts that were merged: what writes now must not be before them. */
  #floor = 0;
  #uncertain = false;
  #heads: Set<unknown> | undefined;
  #uniques: Map<string, Bytes | null> | undefined;
  #written: Map<string, number> | undefined;
  /** Claims of the parts inside. */
  #claims: Claims | undefined;
  /** Of a part: what it claims of the attempt around it. */
  readonly #claimant: Claimant | undefined;
  #ended = false;
  #commit: SharedCommit | undefined;

  /** @param outer of a part: the attempt around it */
  constructor(private readonly outer?: Attempt) {
    this.#counts = outer === undefined ? new Counts() : outer.#counts;
    this.#claimant = outer === undefined ? undefined : new Claimant();
    this.validated = outer?.validated;
    this.validating = outer?.validating;
  }

  /** The attempt of a part inside of this one. It ends by {@link merge} or {@link drop}. */
  part(): Attempt {
    return new Attempt(this);
  }

  /** What the part has done becomes done in the attempt around it. */
  merge(): void {
    const outer = this.outer!;
    if (this.#heads !== undefined) for (const head of this.#heads) outer.heads().add(head);
    if (this.#uniques !== undefined) {
      for (const [key, owner] of this.#uniques) outer.setUnique(key, owner);
    }
    if (this.#written !== undefined) for (const key of this.#written.keys()) outer.#note(key);
    outer.validated ??= this.validated;
    outer.#floor = this.#counts.op;
    this.#end();
  }

  /** The part has never been. */
  drop(): void {
    this.#end();
  }

  #end(): void {
    this.#ended = true;
    if (this.outer === undefined || this.#claimant === undefined) return;
    const { outer } = this;
    if (outer.#claims === undefined) this.#claimant.end();
    else outer.#claims.release(this.#claimant);
  }

  nextOp(): number {
    return this.#counts.inCommit(this.#counts.nextOp());
  }

  /** Before it reads anything: it becomes one of several transactions in one commit, behind those before it. */
  join(commit: SharedCommit): void {
    this.#counts.base = commit.operations;
    this.#commit = commit;
    this.validated ??= commit.validated;
  }

  /** All that it has written is in the commit that it has joined, and the next one goes on from there. */
  leave(): void {
    const commit = this.#commit;
    if (commit === undefined) return;
    commit.operations = this.#counts.inCommit(this.#counts.op);
    commit.validated ??= this.validated;
    for (const head of this.#heads ?? []) commit.heads.add(head);
  }

  /** The order of the writes that are called beside each other. */
  get order(): WriteOrder {
    this.#order ??= new WriteOrder(this.#counts);
    return this.#order;
  }

  /** The number under which a write in its turn is logged: that of its place, or a new one behind parts merged since. */
  numberOf(place: WritePlace): number {
    return place.number < this.#counts.inCommit(this.#floor) ? this.nextOp() : place.number;
  }

  /** Registrations that are being read, by source. */
  get loading(): Map<string, Promise<SourceMetadata>> {
    this.#loading ??= new Map();
    return this.#loading;
  }

  /** An earlier attempt may have been committed: what is written blindly may be there already. */
  get uncertain(): boolean {
    return this.outer === undefined ? this.#uncertain : this.outer.uncertain;
  }

  set uncertain(uncertain: boolean) {
    this.#uncertain = uncertain;
  }

  private heads(): Set<unknown> {
    this.#heads ??= new Set();
    return this.#heads;
  }

  /** Whether a head is still to be touched; from now on it is. */
  touches(head: unknown): boolean {
    for (let at: Attempt | undefined = this; at !== undefined; at = at.outer) {
      if (at.#heads?.has(head) === true || at.#commit?.heads.has(head) === true) return false;
    }
    this.heads().add(head);
    return true;
  }

  /** The owner of a unique value as this attempt has written it: null when freed, undefined when it has not. */
  uniqueOwner(key: string): Bytes | null | undefined {
    for (let at: Attempt | undefined = this; at !== undefined; at = at.outer) {
      const owner = at.#uniques?.get(key);
      if (owner !== undefined) return owner;
    }
    return undefined;
  }

  setUnique(key: string, owner: Bytes | null): void {
    this.#uniques ??= new Map();
    this.#uniques.set(key, owner);
  }

  /**
   * Runs writes whose unique values are judged by what is stored when all of them have written, as those of one
   * statement in SQL. What is refused then has been written: the attempt must be dropped.
   *
   * @throws UniqueViolationError, or what a write has explained it as
   */
  async judged<T>(writes: () => Promise<T>): Promise<T> {
    if (this.judge !== undefined) return writes();
    const judge = new UniqueJudge();
    this.judge = judge;
    try {
      const value = await writes();
      judge.judge();
      return value;
    } finally {
      this.judge = undefined;
    }
  }

  /** Marks the beginning of a read-modify-write; hand the result to {@link isStale}. */
  beginRead(): number {
    this.#counts.reading++;
    return this.#counts.writes;
  }

  /** The writes so far, as `beginRead` gives them. */
  get clock(): number {
    return this.#counts.writes;
  }

  endRead(): void {
    this.#counts.reading--;
  }

  /** Notes a row as written, for operations of the same transaction that have read it but not yet written. */
  noteWrite(key: Bytes): void {
    // Somebody outside of a part may begin to read before it is merged.
    if (this.#counts.reading > 1 || this.outer !== undefined) this.#note(keyText(key));
  }

  #note(key: string): void {
    this.#written ??= new Map();
    this.#written.set(key, ++this.#counts.writes);
  }

  /** Whether another operation of this transaction has written the row since `begun`. */
  isStale(key: Bytes, begun: number): boolean {
    if (this.#counts.writes === begun) return false;
    const text = keyText(key);
    for (let at: Attempt | undefined = this; at !== undefined; at = at.outer) {
      if ((at.#written?.get(text) ?? -1) > begun) return true;
    }
    return false;
  }

  /**
   * Before a row or unique value is read to be written: waits for the parts that work on it, and takes it for this part
   * until that ends. `undefined` is at once.
   *
   * @throws TransactionDeadlockError
   */
  claim(key: Bytes): Promise<void> | undefined {
    if (this.outer === undefined && this.#claims === undefined) return undefined;
    return this.#claim(keyText(key));
  }

  #claim(key: string): Promise<void> | undefined {
    const inside = this.#claims?.ownerOf(key);
    if (inside !== undefined) return inside.ended.then(() => this.#claim(key));
    return this.#take(key);
  }

  /** Takes a key of the attempt around this part. */
  #take(key: string): Promise<void> | undefined {
    const { outer } = this;
    const claimant = this.#claimant;
    if (outer === undefined || claimant === undefined || this.#ended || claimant.held.has(key))
      return undefined;
    outer.#claims ??= new Claims();
    const owner = outer.#claims.ownerOf(key);
    if (owner !== undefined) return claimant.wait(owner).then(() => this.#take(key));
    outer.#claims.grant(key, claimant);
    return outer.#take(key);
  }

  /** Waits until no part inside works on any of the keys; `undefined` when none does. */
  untilFree(keys: Iterable<string>): Promise<void> | undefined {
    if (this.#claims === undefined) return undefined;
    for (const key of keys) {
      const owner = this.#claims.ownerOf(key);
      if (owner !== undefined) return owner.ended;
    }
    return undefined;
  }
}
