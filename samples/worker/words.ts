const most = 40;

/** The words of a text, each once, as they are looked for: in lower case, without accents, cut at 40 characters. */
export function wordsOf(text: string): ReadonlySet<string> {
  const plain = text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  return new Set(Array.from(plain.matchAll(/[\p{L}\p{N}]+/gu), ([word]) => word.slice(0, most)));
}
