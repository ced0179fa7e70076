/** Compares strings in the order of their UTF-8 bytes, which is the order of their keys. */

/**
 * Order of two strings by code point, which is the order of their UTF-8 bytes and so of their keys. JavaScript's
 * own `<` orders by UTF-16 unit and puts U+1F600 before U+FF5E.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above U+FFFF: they sort after the rest of the basic plane. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

export function isWellFormed(text: string): boolean {
  // ES2024: every Node that Plinth supports has it, but the compiler's library stops a year earlier.
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}
