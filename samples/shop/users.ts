import { createHmac, timingSafeEqual } from "node:crypto";

/** Who sends a request. Staff sees and changes everything of its shop, a customer what is his own. */
export interface User {
  readonly id: string;
  readonly shop: string;
  readonly role: "customer" | "staff";
}

const sign = (text: string, secret: string) => createHmac("sha256", secret).update(text).digest("base64url");

/** A token for a user of one shop: it says who that is, and the signature that this service has said so. */
export function tokenOf({ id, shop, role }: User, secret: string): string {
  const text = Buffer.from(JSON.stringify([id, shop, role])).toString("base64url");
  return `${text}.${sign(text, secret)}`;
}

/** The user of an `Authorization` header; null for one that is missing, forged, or of another shop. */
export function userOf(header: string | undefined, shop: string, secret: string): User | null {
  const [, text, signature] = /^Bearer ([\w-]+)\.([\w-]+)$/.exec(header ?? "") ?? [];
  if (text === undefined || signature === undefined) return null;
  const [given, right] = [Buffer.from(signature), Buffer.from(sign(text, secret))];
  if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
  const [id, of, role] = JSON.parse(Buffer.from(text, "base64url").toString()) as [
    string,
    string,
    User["role"],
  ];
  return of === shop ? { id, shop, role } : null;
}
