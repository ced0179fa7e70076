import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../lab/lab.js";
import { stats } from "../pages/lab-view.js";
import type { Tab } from "../web/tabs.js";

const everyMs = 200;

/** Keeps the line of numbers up to date; it is sent only when a number changed. */
export async function serveLab(lab: Lab, tab: Tab): Promise<void> {
  let sent = "";
  while (!tab.signal.aborted) {
    const line = stats(lab.state);
    if (line.toString() !== sent) await tab.patch(line);
    sent = line.toString();
    await sleep(everyMs, undefined, { signal: tab.signal }).catch(() => {});
  }
}
