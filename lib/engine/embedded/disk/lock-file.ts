/** The lock file by which a store belongs to one process. */

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { StoreLockedError } from "../../../errors.js";

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}

/** When the process started, in clock ticks since boot; tells a reused pid from its earlier owner. */
function startedAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function alive(owner: Owner): boolean {
  if (owner.boot !== bootId()) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return owner.started === startedAt(owner.pid);
}

interface Owner {
  readonly pid: number;
  readonly boot: string;
  readonly started: string;
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function parseOwner(content: string): Owner | undefined {
  const [pid, boot, started] = content.split("\n");
  const number = Number(pid);
  return number > 0 && Number.isInteger(number)
    ? { pid: number, boot: boot ?? "", started: started ?? "" }
    : undefined;
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Moves a dead process's lock aside; gives it back when a live process was quicker to take it over. */
function removeStale(path: string, seen: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readFileSync(aside, "utf8") !== seen) tryLink(aside, path);
  rmSync(aside, { force: true });
}

/**
 * Takes the lock file of a store, or throws `StoreLockedError` that names the process holding it. A lock whose
 * process is gone is taken over. Returns the function that releases it.
 */
export function takeLock(path: string): () => void {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, `${process.pid}\n${bootId()}\n${startedAt(process.pid)}\n`);
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      // A hard link appears with its content, so a lock file is never seen half-written.
      if (tryLink(own, path)) return () => rmSync(path, { force: true });
      const seen = contentOf(path);
      if (seen === undefined) continue;
      const owner = parseOwner(seen);
      if (owner !== undefined && alive(owner)) {
        throw new StoreLockedError(
          `Process ${owner.pid} has this store open (${path}). A store belongs to one process: close it there, ` +
            "or give each process a path of its own.",
        );
      }
      removeStale(path, seen);
    }
    throw new StoreLockedError(`The lock file ${path} cannot be taken: other processes keep renewing it.`);
  } finally {
    rmSync(own, { force: true });
  }
}
