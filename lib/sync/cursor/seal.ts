/** Signs cursors, and refuses text that was not signed for the same tenant. */

import { createHmac, timingSafeEqual } from "node:crypto";
import { InvalidCursorError } from "../../errors.js";
import type { CursorTexts } from "./cursor-content.js";
import type { CursorKey } from "./key-ring.js";

const format = 4;
const macBytes = 16;
/** Longer text is no cursor, whatever its labels are. */
const longest = 1 << 20;

/** A cursor before it is text: the format, the name of its key, the signature of all the rest, and what it says. */
type Sealed = readonly [format: number, key: string, mac: string, contents: readonly [CursorTexts]];

/** The tenant takes part without standing in the cursor: of another tenant, the signature is wrong. */
function macOf(key: CursorKey, tenant: string, of: number, content: CursorTexts): string {
  return createHmac("sha256", Buffer.from(key.secret, "hex"))
    .update(`cursor\0${Buffer.byteLength(tenant)}\0${tenant}`)
    .update(JSON.stringify([of, key.id, content]))
    .digest()
    .subarray(0, macBytes)
    .toString("base64url");
}

const textOf = (sealed: unknown): string => Buffer.from(JSON.stringify(sealed)).toString("base64url");

/** JSON in base64url, so that whoever debugs can read what a cursor is made of. */
export const sealCursor = (key: CursorKey, tenant: string, content: CursorTexts): string =>
  textOf([format, key.id, macOf(key, tenant, format, content), [content]] satisfies Sealed);

/** @returns undefined for text of any other form: there is one text for one cursor */
function parse(text: unknown): Sealed | undefined {
  if (typeof text !== "string" || text.length > longest) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed) || textOf(parsed) !== text) return undefined;
  const [of, key, mac, contents, ...more] = parsed as readonly unknown[];
  const texts: unknown = Array.isArray(contents) && contents.length === 1 ? contents[0] : undefined;
  const content =
    Array.isArray(texts) && texts.length === 3 && texts.every((part) => typeof part === "string");
  const known = typeof of === "number" && typeof key === "string" && typeof mac === "string" && content;
  return known && more.length === 0 ? (parsed as unknown as Sealed) : undefined;
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
 * @returns undefined for a format of another release, which says nothing to this one
 * @throws InvalidCursorError
 */
export async function openCursor(
  find: (id: string) => Promise<CursorKey | undefined>,
  tenant: string,
  text: unknown,
): Promise<CursorTexts | undefined> {
  const sealed = parse(text);
  if (sealed === undefined) throw refused("is no cursor of a subscription");
  const [of, id, mac, [content]] = sealed;
  const key = await find(id);
  if (key === undefined || !sameText(macOf(key, tenant, of, content), mac))
    throw refused("was not given by this store for this tenant, or is older than its keys");
  return of === format ? content : undefined;
}

/** Takes as long for texts that differ late as for those that differ early. */
function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
