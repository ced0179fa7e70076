/** `plinth watch`: follows the change logs of a store, or the live queries of a server. */

import { setTimeout as sleep } from "node:timers/promises";
import { StoreLockedError } from "../../errors.js";
import type { ServedInspection } from "../../sync/index.js";
import { chosenTenants, openTenant } from "../app/index.js";
import { type CommandContext, defineCommand, ExitCode, tenantFlag } from "../command/index.js";
import { consumerLines, lookAtConsumers } from "./consumers.js";
import { fetchInspection } from "./fetch-inspection.js";
import { inspectionLines } from "./inspection-lines.js";
import { logLines } from "./log-lines.js";
import { LogWatch } from "./log-watch.js";

export const watch = defineCommand({
  words: ["watch"],
  summary: "Follow the change logs, or the live queries of a server",
  description: [
    "Without a URL: the change log of every logged source, read from the store: its newest change, how far it reaches\n" +
      "back, its size, and what was added since the line before; and how far the consumers (sync.consume) have come.",
    "With the URL where the application answers with inspectHandler(sync): its subscriptions, live queries with their\n" +
      "rows, memory and wasted evaluations, logs, watches, latency from watch to reader, and slowest readers.",
    "Redraws in place on a terminal, follows up in a pipe; ends with Ctrl-C.",
  ],
  args: [{ name: "URL", summary: "where a server answers with sync.inspect()", optional: true }],
  flags: {
    ...tenantFlag,
    interval: { type: "integer", placeholder: "SECONDS", summary: "between two refreshes; default 1" },
    once: { type: "boolean", summary: "show one and end" },
  },
  examples: [
    { line: "plinth watch -t acme", does: "the change logs of one tenant" },
    { line: "plinth watch http://localhost:3000/inspect", does: "the live queries of a server" },
    { line: "plinth watch --once --json", does: "one line for programs" },
  ],
  shows: true,
  async run(context, [url], flags) {
    const seconds = flags.interval ?? 1;
    const refresh =
      url === undefined ? await logFrames(context, flags.tenant) : serverFrames(context, url, seconds);
    for (;;) {
      await refresh();
      if (flags.once) return ExitCode.ok;
      await sleep(seconds * 1_000, undefined, { signal: context.signal });
    }
  },
});

const LOCKED =
  "What a running server does can be followed from outside: let it answer with inspectHandler(sync)() of " +
  '"plinth/web", then: plinth watch http://…';

async function logFrames({ out, app, signal }: CommandContext, named: readonly string[]) {
  const opened = await app().catch((error: unknown) => {
    if (error instanceof StoreLockedError) out.note(LOCKED);
    throw error;
  });
  const ids = await chosenTenants(opened, named);
  const tenants = await Promise.all(ids.map((id) => openTenant(opened, id)));
  const logs = new LogWatch(opened.engine, tenants);
  return async (): Promise<void> => {
    const states = await logs.read(signal);
    const consumers = await lookAtConsumers(opened.engine, tenants, signal);
    out.result({ logs: states, consumers });
    const none = "No source is logged; live queries need create(metadata(Schema)) in a migration.";
    out.frame(states.length === 0 ? [none] : [...logLines(states), ...consumerLines(consumers)]);
  };
}

function serverFrames({ out, signal }: CommandContext, url: string, seconds: number) {
  let before: ServedInspection | undefined;
  return async (): Promise<void> => {
    const inspection = await fetchInspection(url, signal);
    out.result(inspection);
    out.frame(inspectionLines(inspection, before, seconds));
    before = inspection;
  };
}
