export type { Body, UnknownFields } from "./body.js";
export { decodeCbor, decodeCborRaw, encodeCbor, toStored } from "./cbor.js";
export { cborWriter } from "./cbor-writer.js";
export {
  CHUNK_BYTES,
  type ChunkHeader,
  chunkNumber,
  decodeHeader,
  encodeChunk,
  encodeHeader,
  isChunk,
  isChunked,
  joinChunks,
} from "./chunks.js";
export { CodecId } from "./codec-ids.js";
export { type BodyField, layoutOf, RecordLayout, type StoredKey, storedKey } from "./layout.js";
export { decodeMeta, encodeMeta } from "./meta-value.js";
export {
  decodeBody,
  decodeMap,
  decodeRecord,
  dumpBody,
  encodeBody,
  encodeRecord,
  loadRecord,
} from "./record-codec.js";
export type { RowView } from "./row-view.js";
export { sameStored } from "./same-stored.js";
export { schemaless } from "./schemaless.js";
