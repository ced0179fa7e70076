/** Shows the states of change logs as a table. */

import { bytes, count, showId, tableLines } from "../output/index.js";
import { ago } from "./ago.js";
import type { LogState } from "./log-watch.js";

export function logLines(states: readonly LogState[]): string[] {
  return tableLines(
    [
      { title: "tenant" },
      { title: "source" },
      { title: "last change" },
      { title: "log reaches back" },
      { title: "log size", align: "right" },
      { title: "+inserts", align: "right" },
      { title: "+updates", align: "right" },
      { title: "+deletes", align: "right" },
    ],
    states.map((state) => [
      showId(state.tenant),
      state.source,
      state.head === 0n ? "none" : `${ago(state.head, state.readVersion)} ago`,
      ago(state.trimmed, state.readVersion),
      bytes(state.bytes),
      `${count(state.inserts)}${state.more ? "+" : ""}`,
      count(state.updates),
      count(state.deletes),
    ]),
  );
}
