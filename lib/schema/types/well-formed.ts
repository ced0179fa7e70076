/** Tells whether a string has no lone surrogates, and so a UTF-8 form. */

export function isWellFormed(text: string): boolean {
  // ES2024: every Node that Plinth supports has it, but the compiler's library stops a year earlier.
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}
