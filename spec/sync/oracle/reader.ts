import type { SyncCursor } from "../../../lib/index.js";
import { decodeContent } from "../../../lib/sync/cursor/cursor-content.js";
import type {
  AnyTransition,
  ChangeTransition,
  Queries,
  SnapshotTransition,
} from "../../../lib/sync/live/transition.js";
import type { LiveSubscription } from "../../../lib/sync/subscription/live-subscription.js";
import { Fold } from "../fold.js";
import type { Known, Labels } from "./agree.js";
import type { Label } from "./label.js";
import { show } from "./show.js";
import type { Process } from "./store.js";

/** One subscription with random labels, folded twice: by a listener, and by a reader that is slow. */
export class Reader {
  #sub!: LiveSubscription;
  #pages!: AsyncIterableIterator<AnyTransition, undefined>;
  #cursor!: SyncCursor;
  readonly #fold = new Fold();
  readonly #slow = new Fold();
  /** The labels there are; two sets of them while they are being changed. */
  #labels: readonly Labels[];
  /** Each signal's count since a version. */
  #counted = new Map<string, { readonly since: bigint; readonly sum: number }>();
  #untested: Known[] = [];
  /** What comes now answers to a call of the test: labels may move without a change of the kind they watch. */
  #asked = true;
  resumes = 0;
  /** What has ended the subscription. */
  failure: unknown;

  private constructor(
    private process: Process,
    labels: Labels,
  ) {
    this.#labels = [labels];
  }

  static async join(process: Process, labels: Labels): Promise<Reader> {
    const reader = new Reader(process, labels);
    await reader.#subscribe(undefined);
    return reader;
  }

  get sub(): LiveSubscription {
    return this.#sub;
  }

  get labels(): Labels {
    return this.#labels.at(-1)!;
  }

  get transitions(): number {
    return this.#fold.transitions;
  }

  get folds(): readonly [listener: string, slow: string] {
    return [show(this.#fold.value), show(this.#slow.value)];
  }

  /** What was known after each transition since the last call. */
  takeUntested(): readonly Known[] {
    return this.#untested.splice(0);
  }

  /** What is shown now, said to be of this version. */
  known(version: bigint = this.#sub.version): Known {
    const none = new Map();
    return { version, value: this.#sub.value, labels: this.#labels, moved: [], counted: none };
  }

  async #subscribe(resume: SyncCursor | undefined): Promise<AnyTransition> {
    const { process } = this;
    const queries: Queries = Object.fromEntries(
      Array.from(this.labels, ([name, label]) => [name, label.live(process.sync)]),
    );
    this.#asked = true;
    const sub = await process.sync.subscribe(process.tenant, queries, {
      delivery: { budget: { transitions: 3 } },
      ...(resume === undefined ? {} : { resume }),
    });
    this.#sub = sub as unknown as LiveSubscription;
    this.#pages = this.#sub[Symbol.asyncIterator]() as AsyncIterableIterator<AnyTransition, undefined>;
    // What is told before the beginning was read.
    const early: AnyTransition[] = [];
    let tell = (transition: AnyTransition): void => void early.push(transition);
    this.#sub.on("transition", (transition: AnyTransition) => tell(transition));
    const first = (await this.#pages.next()).value!;
    this.#told(first);
    this.#slow.apply(first);
    this.#rebase();
    tell = (transition) => this.#told(transition);
    for (const transition of early) tell(transition);
    this.#sub.on("error", (error: unknown) => {
      this.failure = error;
    });
    this.#asked = false;
    return first;
  }

  /** Signals count from elsewhere in another process. */
  #rebase(): void {
    const value: Readonly<Record<string, unknown>> = this.#sub.value;
    for (const name of this.#counted.keys()) {
      this.#fold.value[name] = value[name];
      this.#slow.value[name] = value[name];
    }
  }

  #told(transition: AnyTransition): void {
    const before = this.#fold.value;
    this.#fold.apply(transition);
    if (transition.type === "status") return;
    this.#cursor = transition.cursor;
    if (transition.type === "change") this.#count(transition);
    else if (transition.type === "snapshot") this.#begin(transition, before);
    this.#untested.push({
      version: transition.version,
      value: { ...this.#fold.value },
      labels: this.#labels,
      moved: transition.type === "change" && !this.#asked ? Object.keys(transition.changes) : [],
      counted: this.#labels.length > 1 ? new Map() : new Map(this.#counted),
    });
  }

  /** Labels that are new count from here; others have moved without a change. */
  #begin({ labels, version, value }: SnapshotTransition<Queries>, before: Fold["value"]): void {
    for (const [name, { since, sum }] of this.#counted)
      this.#counted.set(name, { since, sum: sum + Number(value[name]) - Number(before[name]) });
    for (const name of labels) this.#counted.set(name, { since: version, sum: 0 });
  }

  #count({ changes }: ChangeTransition<Queries>): void {
    for (const [name, some] of Object.entries(changes)) {
      const count = this.#counted.get(name);
      if (count === undefined || this.labels.get(name)?.mode !== "counted") continue;
      const by = (some ?? []).map((one) => (one.op === "update" ? Number(one.row) - Number(one.before) : 0));
      this.#counted.set(name, { ...count, sum: by.reduce((a, b) => a + b, count.sum) });
    }
  }

  /** Reads what waits. */
  async drain(): Promise<void> {
    while (this.#sub.backlog.transitions > 0) {
      const transition = (await this.#pages.next()).value!;
      this.#slow.apply(transition);
      // Says nothing of values, and labels may have moved to others that show the same since the version before.
      if (transition.type === "status") continue;
      this.#untested.push({ ...this.known(this.#slow.version), value: { ...this.#slow.value } });
    }
  }

  /** Whether other labels are shown than with the last transition; nothing visible has changed since. */
  get relabelled(): boolean {
    return queriesOf(this.#cursor) !== queriesOf(this.#sub.cursor);
  }

  /** Goes on in another process from the last transition; says why when what was missed could not be told. */
  async resumeIn(process: Process, meanwhile: () => Promise<void>): Promise<string | undefined> {
    await this.#sub.close();
    await meanwhile();
    this.#slow.value = { ...this.#fold.value };
    this.#slow.version = this.#fold.version;
    this.process = process;
    const first = await this.#subscribe(this.#cursor);
    this.resumes++;
    return first.type === "snapshot" ? first.reason : undefined;
  }

  /** Shows another query under a label. */
  set(name: string, label: Label): Promise<void> {
    return this.#relabel(new Map([...this.labels, [name, label]]), () =>
      this.#sub.set(name, label.live(this.process.sync) as never),
    );
  }

  /** Shows one more label. */
  add(name: string, label: Label): Promise<void> {
    return this.#relabel(new Map([...this.labels, [name, label]]), () =>
      this.#sub.add({ [name]: label.live(this.process.sync) }),
    );
  }

  async #relabel(next: Labels, move: () => Promise<unknown>): Promise<void> {
    this.#labels = [this.labels, next];
    this.#asked = true;
    await move();
    // The slow reader has come from the one to the other, too.
    await this.drain();
    this.#asked = false;
    this.#labels = [next];
  }

  pause(): void {
    this.#sub.pause();
  }

  async resume(): Promise<void> {
    this.#asked = true;
    await this.#sub.resume();
    this.#asked = false;
  }
}

const queriesOf = (cursor: SyncCursor): string => {
  const [, , , [content]] = JSON.parse(Buffer.from(cursor, "base64url").toString());
  return Buffer.from(decodeContent(content).queries).toString("hex");
};
