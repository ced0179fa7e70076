/** Encodes and decodes cursors, each bound to one query and one tenant. */

import { hash } from "node:crypto";
import { InvalidCursorError } from "../../errors.js";
import type { Tenant } from "../../tenant/index.js";
import { cursorHash } from "../evaluate/index.js";
import { type Cursor, type QueryAst, subjectOf } from "../words/index.js";

/** What a cursor says: the path that it follows, and the key after which the next page starts. */
export interface CursorPlace {
  readonly path: string;
  /** The key of the last row, relative to its path (in a merge: what follows the span's prefix). */
  readonly position: Uint8Array;
  /** Of a query with a limit: the rows that its pages have given so far. */
  readonly given?: number;
}

const FORMAT = 2;

export function encodeCursor(ast: QueryAst, tenant: Tenant, place: CursorPlace): Cursor {
  const position = Buffer.from(place.position).toString("base64url");
  const parts = [FORMAT, tenantHash(tenant), cursorHash(ast), place.path, position];
  const body = JSON.stringify(place.given === undefined ? parts : [...parts, place.given]);
  return Buffer.from(body).toString("base64url") as Cursor;
}

const tenantHash = ({ id }: Tenant): string => hash("sha256", id, "base64url").slice(0, 11);

type Parts = readonly [
  format: number,
  tenant: string,
  query: string,
  path: string,
  position: string,
  given?: number,
];

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

function parse(text: string): Parts | undefined {
  try {
    const body: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    if (!Array.isArray(body) || body[0] !== FORMAT || body.length < 5 || body.length > 6) return undefined;
    if (body.slice(1, 5).some((part) => typeof part !== "string")) return undefined;
    if (body.length === 6 && !isCount(body[5])) return undefined;
    return body as unknown as Parts;
  } catch {
    return undefined;
  }
}

/** @throws InvalidCursorError for the cursor of another tenant, whose rows are not where its place is */
export function checkCursorTenant(text: string, tenant: Tenant): void {
  const parts = parse(text);
  if (parts === undefined || parts[1] === tenantHash(tenant)) return;
  throw new InvalidCursorError(
    `The cursor belongs to another tenant than ${JSON.stringify(tenant.id)}. Continue in the tenant that gave it, or leave ` +
      "the cursor out to start over.",
  );
}

/** @throws InvalidCursorError for text that is no cursor, or the cursor of another query */
export function decodeCursor(ast: QueryAst, text: string): CursorPlace {
  const parts = parse(text);
  if (parts === undefined) {
    throw new InvalidCursorError(
      "The text given to .after() is no cursor. Pass on `next` of repo.page(…) unchanged, or leave it out to start over.",
    );
  }
  const [, , query, path, position] = parts;
  if (query !== cursorHash(ast)) {
    throw new InvalidCursorError(
      `The cursor belongs to another query on ${subjectOf(ast)}: its conditions, order or distinct field differ. ` +
        "Continue with the query that gave the cursor, or leave the cursor out to start over.",
    );
  }
  return { path, position: Buffer.from(position, "base64url") };
}

/** The rows that the pages of a limited query have given up to the cursor; 0 when it does not tell. */
export function givenBefore(text: string): number {
  return parse(text)?.[5] ?? 0;
}
