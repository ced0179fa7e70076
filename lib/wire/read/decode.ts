/** Reads a frame from its text. */

import type { FrameStep } from "./frame.js";
import type { Tag } from "./tag.js";
import { unpack } from "./unpack.js";

type Values = Readonly<Record<string, unknown>>;

/** A transition as it came: steps tell what differs, and `complete` makes them whole. */
export type Decoded =
  | {
      readonly type: "snapshot";
      readonly version: bigint;
      readonly cursor?: string;
      readonly value: Values;
      readonly labels: readonly string[];
      readonly reason: string;
    }
  | {
      readonly type: "change";
      readonly version: bigint;
      readonly from: bigint;
      readonly cursor?: string;
      readonly changes: Readonly<Record<string, readonly FrameStep[]>>;
      readonly commits: number;
    }
  | { readonly type: "progress"; readonly version: bigint; readonly cursor?: string }
  | { readonly type: "status"; readonly state: string };

type Version = string | { readonly $bigint: string };

/** Servers of another release may still write versions as objects. */
const versionOf = (version: Version): bigint =>
  BigInt((version as { $bigint?: string }).$bigint ?? (version as string));

/**
 * A transition from its text.
 *
 * @example const { type } = decodeTransition('{"type":"progress","version":"5"}'); // "progress"
 * @throws SyntaxError, TypeError for what is no frame
 */
export function decodeTransition(text: string): Decoded {
  const { tag, ...frame } = JSON.parse(text) as Record<string, unknown> & { tag?: Tag };
  for (const name of ["version", "from"]) {
    if (frame[name] !== undefined) frame[name] = versionOf(frame[name] as Version);
  }
  for (const name of ["value", "changes"]) {
    if (frame[name] !== undefined) frame[name] = unpack(frame[name], tag);
  }
  return frame as unknown as Decoded;
}
