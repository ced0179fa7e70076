/** The layer of a directory: bytes that name the software its contents belong to. */

import { equalBytes } from "../engine/index.js";

/** The bytes of a layer, which may be given as text. */
export function toLayer(layer: string | Uint8Array | undefined): Uint8Array {
  if (layer === undefined) return new Uint8Array(0);
  return typeof layer === "string" ? Buffer.from(layer, "utf8") : Buffer.from(layer);
}

const partition = Buffer.from("partition");

export const isPartitionLayer = (layer: Uint8Array): boolean => equalBytes(layer, partition);
