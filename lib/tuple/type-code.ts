/** The bytes by which the elements of a packed tuple are told apart. */

/** The first byte of each packed element. */
export const TypeCode = {
  null: 0x00,
  bytes: 0x01,
  string: 0x02,
  nested: 0x05,
  negativeBig: 0x0b,
  /** An integer of n bytes is `zero + n`, a negative one `zero - n`. */
  zero: 0x14,
  positiveBig: 0x1d,
  float: 0x20,
  double: 0x21,
  false: 0x26,
  true: 0x27,
  uuid: 0x30,
  versionstamp: 0x33,
} as const;

/** What follows a zero byte that belongs to the payload (or is a null) inside a nested tuple or a string. */
export const ESCAPE = 0xff;

/** Deeper nesting is refused: it is a cycle when packing and garbage when unpacking. */
export const MAX_DEPTH = 500;
