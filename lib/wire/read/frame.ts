/** The frames of the wire: what a transition is between a server and a browser. */

import type { Patch } from "./patch.js";
import type { Tag } from "./tag.js";

/** A step of a change: the reader has the row that it begins with. */
export type FrameStep =
  | { readonly op: "insert"; readonly key: unknown; readonly row: unknown; readonly index: number }
  | {
      readonly op: "update";
      readonly key: unknown;
      readonly index: number;
      /** Where it stood; absent when it stays. */
      readonly from?: number;
      /** What differs; absent when the row is the same, or told whole. */
      readonly patch?: Patch;
      /** The row, where a patch would be no smaller. */
      readonly row?: unknown;
      /** The fields that changed, where they are not those of the patch. */
      readonly changed?: readonly string[];
    }
  | { readonly op: "delete"; readonly key: unknown; readonly index: number };

/** Versions are digits; values and changes are packed with `tag`. */
export type Frame =
  | {
      readonly type: "snapshot";
      readonly version: string;
      readonly value: Readonly<Record<string, unknown>>;
      readonly labels: readonly string[];
      readonly reason: string;
      readonly cursor?: string;
      readonly tag?: Tag;
    }
  | {
      readonly type: "change";
      readonly version: string;
      readonly from: string;
      readonly changes: Readonly<Record<string, readonly FrameStep[]>>;
      readonly commits: number;
      readonly cursor?: string;
      readonly tag?: Tag;
    }
  | { readonly type: "progress"; readonly version: string; readonly cursor?: string }
  | { readonly type: "status"; readonly state: string };
