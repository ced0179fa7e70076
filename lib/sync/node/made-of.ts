/** Tells what a function of `each` has made for one id, for cursors. */

import { idText } from "../view/index.js";
import type { Child, Step } from "./contracts.js";
import { addMade, hashSumOf, type Made, newIdentity, schemaHash } from "./node-identity.js";

const ofChildren = new WeakMap<Child, Made>();

/**
 * What a function has made for one id. Whoever asks inside a step goes through all nodes himself, so that what is made
 * further inside is not told then.
 */
export function madeOf(child: Child, step?: Step): Made {
  const known = ofChildren.get(child);
  if (known !== undefined) return known;
  const { id, node } = child;
  const inside = newIdentity();
  node.identify(inside, step);
  const text = idText(id);
  let made = addMade(inside.made, { queries: hashSumOf(text, node.hash), schemas: 0 });
  for (const info of inside.schemas)
    made = addMade(made, { queries: 0, schemas: hashSumOf(text, ...schemaHash(info)) });
  // Of a list, others may be made at any time.
  if (node.feed !== undefined) ofChildren.set(child, made);
  return made;
}
