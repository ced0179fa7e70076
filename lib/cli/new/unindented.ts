/** Sources inside of sources: they stand indented, so that whatever reads lines takes them for the text that they are. */

/** The text without the line break before it and two spaces at the beginning of each line. */
export const unindented = (text: string): string => text.replace(/^\n/, "").replaceAll(/^ {2}/gm, "");
