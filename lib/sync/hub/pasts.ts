/** The pasts that a crowd of cursors asks for: of each version and of each node worked out once. */

import type { CursorContent } from "../cursor/index.js";
import type { SyncCursor, Version } from "../live/index.js";
import { Unresumable } from "../log/index.js";
import { addMade, type Feed, type LiveNode, type Made, nothingMade } from "../node/index.js";
import { LoggedPast, LogSpan, type RewindStep } from "../past/index.js";
import { type Label, shownVersions, whyMadeOtherwise } from "../shape/index.js";
import { View, type Views } from "../view/index.js";

/** What labels showed at a cursor, and what has happened to their rows until a moment. */
export interface Past {
  readonly before: Views;
  /** Ids of rows that were gone for a while, in any label. */
  readonly returned: ReadonlySet<unknown>;
  readonly commits: number;
}

export class Pasts {
  readonly #spans = new Map<Version, LogSpan>();
  readonly #pasts = new Map<string, LoggedPast>();

  constructor(private readonly step: RewindStep) {}

  /** @throws Unresumable */
  async of(content: CursorContent, labels: readonly Label[]): Promise<Past> {
    const { step } = this;
    const { version } = content;
    const shown = shownVersions(content, labels);
    const returned = new Set<unknown>();
    const commits = new Set<string>();
    const before = new Map<string, { view: View; fields: LiveNode["fields"] }>();
    let made: Made = nothingMade;
    for (const [i, { name, node }] of labels.entries()) {
      const past = this.#past(version, shown[i]);
      const entries = await past.entries(step, node);
      before.set(name, { view: new View(entries, step.viewOf(node).single), fields: node.fields });
      made = addMade(made, past.madeBy(node));
      for (const id of past.returned) returned.add(id);
      const feeds = new Set<Feed>();
      node.collectFeeds(feeds);
      for (const commit of await past.commits(feeds)) commits.add(commit);
    }
    const reason = whyMadeOtherwise(content, made);
    if (reason !== undefined) throw new Unresumable(reason);
    return {
      before: { version, cursor: "" as SyncCursor, labels: before },
      returned,
      commits: commits.size,
    };
  }

  /** @param shownAt the version that a label shows, where that is older than the cursor's */
  #past(version: Version, shownAt: Version | undefined): LoggedPast {
    if (shownAt !== undefined && shownAt < 0n) throw new Unresumable("cursor-expired");
    const key = `${version} ${shownAt ?? ""}`;
    let past = this.#pasts.get(key);
    if (past === undefined) {
      const older = shownAt === undefined ? undefined : this.#past(shownAt, undefined);
      past = new LoggedPast(this.#span(version), older);
      this.#pasts.set(key, past);
    }
    return past;
  }

  #span(version: Version): LogSpan {
    let span = this.#spans.get(version);
    if (span === undefined) {
      span = new LogSpan(this.step.reader, version);
      this.#spans.set(version, span);
    }
    return span;
  }
}
