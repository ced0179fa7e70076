/** The note in a tenant that an import into it has begun and not finished, for whoever opens the tenant meanwhile. */

import type { Transaction } from "../engine/index.js";
import { UnfinishedImportError } from "../errors.js";
import { pack, unpack } from "../tuple/index.js";
import { importKey } from "./keys.js";

/** Who began an import, and when. */
export interface UnfinishedImport {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly host: string;
  readonly pid: number;
  /** The tenant's content from before was erased, or there was none: what is there comes from the file. */
  readonly replaces: boolean;
  /** Of a copy of a tenant: the URL of the store that it is made from. */
  readonly from: string | undefined;
}

/** The import that a tenant is in the middle of, or that broke off; one point read. */
export async function readUnfinishedImport(
  tx: Transaction,
  { prefix }: { readonly prefix: Uint8Array },
): Promise<UnfinishedImport | undefined> {
  const bytes = await tx.get(importKey(prefix));
  if (bytes === undefined) return undefined;
  const [startedAt, host, pid, replaces, from] = unpack(bytes);
  return {
    startedAt: Number(startedAt),
    host: String(host),
    pid: Number(pid),
    replaces: replaces === true,
    from: typeof from === "string" ? from : undefined,
  };
}

/** Notes that an import has begun, or, with `undefined`, that it has finished. To be followed by a bump of the version. */
export function noteImport(
  tx: Transaction,
  { prefix }: { readonly prefix: Uint8Array },
  begun: UnfinishedImport | undefined,
): void {
  if (begun === undefined) tx.clear(importKey(prefix));
  else {
    const { startedAt, host, pid, replaces, from } = begun;
    tx.set(importKey(prefix), pack([startedAt, host, pid, replaces, ...(from === undefined ? [] : [from])]));
  }
}

/** What to throw when a tenant in this state is opened. */
export function importUnfinished(
  id: string,
  { startedAt, host, pid, from }: UnfinishedImport,
): UnfinishedImportError {
  const named = JSON.stringify(id);
  if (from !== undefined)
    return new UnfinishedImportError(
      `The tenant ${named} holds a part of a copy from ${from} that has not finished (begun ` +
        `${new Date(startedAt).toISOString()} by ${host}:${pid}): it is still running, was interrupted, or failed. Run the ` +
        `same plinth copy ${from} … -t ${id} again, which goes on; or drop the tenant: plinth tenants delete ${id}`,
    );
  return new UnfinishedImportError(
    `The tenant ${named} holds a part of an import that has not finished (begun ${new Date(startedAt).toISOString()} by ` +
      `${host}:${pid}): it is still running, was interrupted, or failed. Finish it: plinth import ${id} --merge -i FILE; ` +
      `begin anew: plinth import ${id} --replace -i FILE; or drop the tenant: plinth tenants delete ${id}`,
  );
}
