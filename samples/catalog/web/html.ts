/** Markup that is safe to send: everything interpolated into it was escaped. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What a template takes: text is escaped, markup is kept, and nothing is shown for `false`, `null` and `undefined`. */
export type Part = Html | string | number | false | null | undefined | readonly Part[];

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text made safe for element content and for quoted attributes. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}

/**
 * A template literal that escapes every value put into it.
 *
 * Attributes must be quoted: `html`<a href="${href}">${name}</a>``.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(String.raw({ raw: strings }, ...parts.map(render)));
}

function render(part: Part): string {
  if (part === false || part === null || part === undefined) return "";
  if (part instanceof Html) return part.toString();
  if (Array.isArray(part)) return part.map(render).join("");
  return escapeText(String(part));
}

/**
 * An element id made of any text: ids may not hold spaces, and a product's id may hold anything.
 *
 * `elementId("card", "p 1")` is `"card-cCAx"`.
 */
export function elementId(kind: string, key: string): string {
  return `${kind}-${Buffer.from(key).toString("base64url")}`;
}
