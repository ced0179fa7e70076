/** Writes an id of the application so that it stays one word of one line. */

/** As it is, unless a terminal or a reader of lines would misread it. */
export function showId(id: string): string {
  return /^[\p{L}\p{N}\p{P}\p{S}]+( [\p{L}\p{N}\p{P}\p{S}]+)*$/u.test(id) ? id : JSON.stringify(id);
}
