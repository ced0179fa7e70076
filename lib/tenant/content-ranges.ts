/** Which ranges of a tenant's keys hold its content, and which Plinth's bookkeeping and what follows from the records. */

import { strinc } from "../engine/index.js";
import { type KeyRange, pack } from "../tuple/index.js";
import { space } from "./keys.js";

/** The keys of one of Plinth's own spaces: all that start with its packed name, and are no longer byte string. */
const spaceOf = (prefix: Uint8Array, name: keyof typeof space): KeyRange => {
  const begin = pack([space[name]], prefix);
  return { begin, end: Buffer.concat([begin, Buffer.of(0xff)]) };
};

/** Everything in the tenant that is not Plinth's: the gaps between its spaces, in order. */
export function applicationRanges(prefix: Uint8Array): KeyRange[] {
  const own = (Object.keys(space) as (keyof typeof space)[])
    .map((name) => spaceOf(prefix, name))
    .sort((a, b) => Buffer.compare(a.begin, b.begin));
  const gaps: KeyRange[] = [];
  let begin: Uint8Array = prefix;
  for (const range of own) {
    gaps.push({ begin, end: range.begin });
    begin = range.end;
  }
  gaps.push({ begin, end: strinc(prefix) });
  return gaps;
}

/** Records, and the application's own keys. */
export const contentRanges = (prefix: Uint8Array): KeyRange[] => [
  spaceOf(prefix, "data"),
  ...applicationRanges(prefix),
];
