/** The state at the version of a cursor, as the log since then tells it; shared by all cursors of that version. */

import type { Version } from "../live/index.js";
import { type RowDelta, Unresumable } from "../log/index.js";
import {
  addMade,
  type CompositeNode,
  type Feed,
  type LiveNode,
  type Made,
  nothingMade,
  type Past,
  type Step,
} from "../node/index.js";
import type { Entry } from "../view/index.js";
import type { LogSpan } from "./log-span.js";

/** What a function makes for one of the ids that there were. */
interface NotedChild {
  readonly node: LiveNode;
  readonly made: Made;
}

export class LoggedPast implements Past {
  /** Ids of rows that were gone for a while, in any label; where they are there again, that is told. */
  readonly returned = new Set<unknown>();
  readonly shown: LoggedPast;
  readonly #entries = new Map<LiveNode, Promise<readonly Entry[]>>();
  readonly #made = new Map<LiveNode, NotedChild[]>();
  readonly #totals = new Map<LiveNode, Made>();

  /**
   * @param shown the state that gated labels show, where that is an older one
   */
  constructor(
    private readonly span: LogSpan,
    shown: LoggedPast | undefined,
  ) {
    this.shown = shown ?? this;
  }

  get version(): Version {
    return this.span.since;
  }

  entries(step: Step, node: LiveNode): Promise<readonly Entry[]> {
    let entries = this.#entries.get(node);
    if (entries === undefined) {
      entries = node.rewind(step, this);
      this.#entries.set(node, entries);
    }
    return entries;
  }

  async deltas(feed: Feed): Promise<ReadonlyMap<string, RowDelta>> {
    return (await this.span.of(feed)).deltas;
  }

  /** The commits that have changed rows of some feeds, as far as somebody has asked for them. */
  async commits(feeds: Iterable<Feed>): Promise<ReadonlySet<string>> {
    const commits = new Set<string>();
    for (const feed of feeds) {
      const span = await this.span.of(feed).catch((error: unknown) => {
        if (error instanceof Unresumable) return undefined;
        throw error;
      });
      for (const commit of span?.commits ?? []) commits.add(commit);
    }
    return commits;
  }

  noteMade(node: CompositeNode, child: LiveNode, made: Made): void {
    const noted = this.#made.get(node);
    if (noted === undefined) this.#made.set(node, [{ node: child, made }]);
    else noted.push({ node: child, made });
  }

  /** What the functions of a node, and of all that it is made of, make for the ids that there were. */
  madeBy(node: LiveNode): Made {
    let total = this.#totals.get(node);
    if (total === undefined) {
      total = nothingMade;
      for (const child of this.#made.get(node) ?? [])
        total = addMade(total, addMade(child.made, this.madeBy(child.node)));
      if (node.feed === undefined)
        for (const input of node.inputs()) total = addMade(total, this.madeBy(input));
      this.#totals.set(node, total);
    }
    return total;
  }

  note(delta: RowDelta, entry: Entry): void {
    if (delta.last.op === "delete" || delta.leftBetween(undefined)) this.returned.add(entry.id);
  }
}
