/** The first byte of every value that Plinth encodes, which says how the rest is to be read. */

export const CodecId = {
  /** CBOR. */
  cbor: 1,
  /** The header of a record that is kept in chunks: count, length, digest. */
  chunked: 2,
  /** One chunk of a record. */
  chunk: 3,
} as const;
