/** Makes control characters in data visible, so that they cannot drive a terminal. */

// Everything that moves a cursor or changes a terminal's mode; line feeds and tabs may stay.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text from the store, such as keys, with control characters as `\x1b`: data must not drive a terminal. */
export function visible(text: string): string {
  return text.replace(control, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
