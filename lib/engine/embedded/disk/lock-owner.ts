/** How the owner of a lock file is named in it, for the message of whoever is refused. */

import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

const read = (get: () => string): string => {
  try {
    return get();
  } catch {
    return "";
  }
};

/** When this process started, in clock ticks since boot: a pid is given to another process in time. */
const startedAt = (): string =>
  read(() => {
    const stat = readFileSync("/proc/self/stat", "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  });

/** The pid, the machine, and what tells this process from others that were given the same pid. */
export function ownerText(): string {
  const space = read(() => readlinkSync("/proc/self/ns/pid"));
  return `${process.pid}\n${hostname()}\n${space} ${startedAt()}\n`;
}

export const sameProcess = (owner: string): boolean => owner === ownerText();
