/** Signs cursors, and refuses text that was not signed for the same tenant. */

import { createHmac, timingSafeEqual } from "node:crypto";
import { InvalidCursorError } from "../../errors.js";
import type { CursorKey } from "./key-ring.js";

const idBytes = 4;
const macBytes = 16;
/** Longer text is no cursor, whatever its labels are. */
const longest = 1 << 20;

/** The tenant takes part without standing in the cursor: of another tenant, the signature is wrong. */
function macOf(key: CursorKey, tenant: string, signed: Uint8Array): Buffer {
  const mac = createHmac("sha256", Buffer.from(key.secret, "hex"));
  return mac
    .update(`cursor\0${Buffer.byteLength(tenant)}\0${tenant}`)
    .update(signed)
    .digest()
    .subarray(0, macBytes);
}

/** The name of the key, the content, and the signature of both. */
export function sealCursor(key: CursorKey, tenant: string, content: Uint8Array): string {
  const signed = Buffer.concat([Buffer.from(key.id, "hex"), content]);
  return Buffer.concat([signed, macOf(key, tenant, signed)]).toString("base64url");
}

const refused = (why: string): InvalidCursorError =>
  new InvalidCursorError(
    `The text given as \`resume\` ${why}. Pass on \`cursor\` of the last transition unchanged, to the tenant and the ` +
      "store that it came from, or leave it out to start with a snapshot.",
  );

/**
 * The content of a cursor that was signed with a key of this store for this tenant.
 *
 * @param find the key of a name, if there is one
 * @throws InvalidCursorError
 */
export async function openCursor(
  find: (id: string) => Promise<CursorKey | undefined>,
  tenant: string,
  text: unknown,
): Promise<Uint8Array> {
  if (typeof text !== "string" || text.length > longest) throw refused("is no cursor of a subscription");
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length <= idBytes + macBytes || bytes.toString("base64url") !== text)
    throw refused("is no cursor of a subscription");
  const signed = bytes.subarray(0, bytes.length - macBytes);
  const key = await find(signed.subarray(0, idBytes).toString("hex"));
  if (key === undefined || !timingSafeEqual(macOf(key, tenant, signed), bytes.subarray(signed.length)))
    throw refused("was not given by this store for this tenant, or is older than its keys");
  return signed.subarray(idBytes);
}
