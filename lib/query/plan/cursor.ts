import { hash } from "node:crypto";
import { compareBytes, concatBytes } from "../../engine/index.js";
import { InvalidCursorError } from "../../errors.js";
import type { Tenant } from "../../tenant/index.js";
import { pack, unpack } from "../../tuple/index.js";
import type { Cursor } from "../words/index.js";
import { cursorHash, type QueryAst, subjectOf } from "../words/index.js";
import type { Plan, Span } from "./plan.js";

/** What a cursor says: behind which key of which path the next page starts. */
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

const afterElement = Buffer.from([0xff]);
const max = (a: Uint8Array, b: Uint8Array) => (compareBytes(a, b) >= 0 ? a : b);
const min = (a: Uint8Array, b: Uint8Array) => (compareBytes(a, b) <= 0 ? a : b);

/** The elements of `key` up to the distinct field: every key that starts so belongs to a value already seen. */
export function distinctGroup(plan: Plan, key: Uint8Array): Uint8Array {
  const at = plan.path.fields.indexOf(plan.distinct!);
  return pack(unpack(key).slice(0, at + 1));
}

function cut(plan: Plan, span: Span, key: Uint8Array): Span {
  const seen = plan.distinct === undefined ? key : distinctGroup(plan, key);
  if (plan.reverse) return { ...span, end: min(span.end, seen) };
  return { ...span, begin: max(span.begin, concatBytes(seen, afterElement)) };
}

const nonEmpty = (span: Span) => compareBytes(span.begin, span.end) < 0;

/** The part of a plan that lies behind a cursor. */
export function planAfter(plan: Plan, place: CursorPlace): Plan {
  const { position } = place;
  if (plan.arrange === "merge") {
    const spans = plan.spans.map((span) =>
      cut(plan, span, concatBytes(span.begin.subarray(0, span.prefixLength), position)),
    );
    return { ...plan, spans: spans.filter(nonEmpty) };
  }
  const current = plan.spans.findIndex(
    ({ begin, end }) => compareBytes(begin, position) <= 0 && compareBytes(position, end) < 0,
  );
  if (current === -1) {
    throw new InvalidCursorError(
      "The cursor points outside the query's key ranges; it was changed on its way. Leave it out to start over.",
    );
  }
  const spans = [cut(plan, plan.spans[current]!, position), ...plan.spans.slice(current + 1)];
  return { ...plan, spans: spans.filter(nonEmpty) };
}
