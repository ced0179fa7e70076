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
}

const FORMAT = 2;

export function encodeCursor(ast: QueryAst, tenant: Tenant, place: CursorPlace): Cursor {
  const position = Buffer.from(place.position).toString("base64url");
  const body = JSON.stringify([FORMAT, tenantHash(tenant), cursorHash(ast), place.path, position]);
  return Buffer.from(body).toString("base64url") as Cursor;
}

const tenantHash = ({ id }: Tenant): string => hash("sha256", id, "base64url").slice(0, 11);

type Parts = readonly [format: number, tenant: string, query: string, path: string, position: string];

function parse(text: string): Parts | undefined {
  try {
    const body: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    if (!Array.isArray(body) || body.length !== 5 || body[0] !== FORMAT) return undefined;
    if (body.slice(1).some((part) => typeof part !== "string")) return undefined;
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
