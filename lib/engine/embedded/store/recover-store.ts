/** Shows what the journal of a store holds that cannot be recovered whole, and goes on without the rest when told to. */

import { realpathSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  committedVersion,
  DataFile,
  journalEnded,
  journalInUse,
  openFailure,
  syncFolder,
  takeLock,
} from "../disk/index.js";
import { applyCommits, type FoundCommits, findCommits, segmentNames } from "../journal/index.js";

/** What `recoverStore` found, and did. */
export interface StoreRecovery {
  /** The folder of the store. */
  readonly path: string;
  /** What is wrong with the journal; undefined for a store that the next open recovers whole. */
  readonly problem: string | undefined;
  /** Version up to which the data file has everything; undefined where it does not tell. */
  readonly dataVersion: number | undefined;
  /** Groups of commits in the journal that can be written over the data file, and the version that they lead to. */
  readonly recoverable: { readonly groups: number; readonly version: number | undefined };
  /** Groups of commits that can be seen but not had, since something before them is missing; there may be more. */
  readonly lost: { readonly groups: number; readonly version: number | undefined };
  /** Where the journal was put aside, when the loss was accepted. */
  readonly aside: readonly string[];
}

/**
 * Reads the journal of a store that nobody has open. Nothing is changed unless `acceptLoss` is given and there is a
 * problem: then what is recoverable is written to the data file, the journal is put aside and the store opens again.
 *
 * @throws StoreLockedError, StoreUnavailableError, StoreCorruptError when the data file itself is damaged
 */
export async function recoverStore(path: string, acceptLoss = false): Promise<StoreRecovery> {
  try {
    const folder = realpathSync(path);
    // Not to make a store where there is none.
    statSync(join(folder, "data.mdb"));
    const lock = takeLock(join(folder, "lock"));
    try {
      const file = await DataFile.open(join(folder, "data.mdb"), false);
      try {
        return await look(folder, file, acceptLoss);
      } finally {
        await file.close();
      }
    } finally {
      lock.release();
    }
  } catch (error) {
    throw openFailure(path, error);
  }
}

async function look(folder: string, file: DataFile, acceptLoss: boolean): Promise<StoreRecovery> {
  const found = findCommits(folder, file);
  const dataVersion = journalInUse(file)?.version ?? committedVersion(file) ?? journalEnded(file)?.version;
  const accepted = acceptLoss && found.problem !== undefined;
  if (accepted) await applyCommits(file, found);
  return {
    path: folder,
    problem: found.problem,
    dataVersion,
    recoverable: counted(found.records),
    lost: counted(found.lost),
    aside: accepted ? putAside(folder) : [],
  };
}

function counted(records: FoundCommits["records"]): StoreRecovery["recoverable"] {
  const versions = records.map(({ version }) => version);
  return { groups: records.length, version: versions.length === 0 ? undefined : Math.max(...versions) };
}

/** Nothing is deleted: what was given up may still be of use to somebody who can read it. */
function putAside(folder: string): string[] {
  const aside: string[] = [];
  const when = new Date().toISOString().replaceAll(/[:.]/g, "-");
  for (const name of segmentNames) {
    const to = `lost-${when}-${name}`;
    try {
      renameSync(join(folder, name), join(folder, to));
      aside.push(to);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  syncFolder(folder);
  return aside;
}
