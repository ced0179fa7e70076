/** Whether an output may be coloured, by the conventions that programs share. */

/** FORCE_COLOR asks for colours anywhere (0 and false forbid them), NO_COLOR and a dumb terminal forbid them. */
export function hasColours(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  const forced = env.FORCE_COLOR;
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== "") return false;
  return isTerminal && env.TERM !== "dumb";
}
