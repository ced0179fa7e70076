/** Resumes a subscription from a cursor: works out the change that its holder has missed. */

import type { InsideTick } from "../hub/index.js";
import type { ChangeTransition, Queries, SnapshotReason } from "../live/index.js";
import { Unresumable } from "../log/index.js";
import { addMade, LoggedPast, nothingMade, type Step } from "../node/index.js";
import type { Label } from "../shape/index.js";
import { type OpenedCursor, shownVersions, whyMadeOtherwise, whyNotResumed } from "../shape/index.js";
import { View, type Views } from "../view/index.js";
import { Net } from "./net.js";

/** All of it is worked out in the transaction of the first read. */
export class Resume {
  #net: Net | undefined;
  #reason: SnapshotReason = "cursor-expired";

  constructor(private readonly cursor: OpenedCursor) {}

  /** Works out what every label showed at the cursor's version. */
  readonly rewind: InsideTick = async (step, labels) => {
    this.#net = undefined;
    const reason = whyNotResumed(this.cursor, step, labels);
    if (reason !== undefined) {
      this.#reason = reason;
      return;
    }
    try {
      this.#net = await this.#netSince(step, labels);
    } catch (error) {
      if (!(error instanceof Unresumable)) throw error;
      this.#reason = error.reason;
    }
  };

  async #netSince(step: Step, labels: readonly Label[]): Promise<Net> {
    const content = this.cursor.content!;
    const { version } = content;
    const plain = new LoggedPast(step.reader, version, undefined);
    const pasts = new Set([plain]);
    const returned = new Map<string, ReadonlySet<unknown>>();
    const commits = new Set<string>();
    const before = new Map<string, { view: View; fields: Label["node"]["fields"] }>();
    const shown = shownVersions(content, labels);
    for (const [i, { name, node }] of labels.entries()) {
      const at = shown[i];
      const past = at === undefined ? plain : new LoggedPast(step.reader, version, at);
      pasts.add(past);
      const entries = await node.rewind(step, past);
      returned.set(name, past.returned);
      for (const commit of past.commits) commits.add(commit);
      before.set(name, { view: new View(entries, step.viewOf(node).single), fields: node.fields });
    }
    const made = [...pasts].map((past) => past.made).reduce(addMade, nothingMade);
    const reason = whyMadeOtherwise(content, made);
    if (reason !== undefined) throw new Unresumable(reason);
    const views: Views = { version, cursor: "" as Views["cursor"], labels: before };
    const net = new Net(views, version);
    for (const { name } of labels) net.resumed(name, returned.get(name)!, commits.size);
    return net;
  }

  /** The change that was missed, undefined when nothing was; or why it cannot be told. */
  outcome(now: Views): { change: ChangeTransition<Queries> | undefined } | { reason: SnapshotReason } {
    return this.#net === undefined ? { reason: this.#reason } : { change: this.#net.transition(now) };
  }
}
