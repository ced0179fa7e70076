/** Reads the type that the compiler recorded for a decorated property. */

import "reflect-metadata";

/**
 * The constructor that the compiler recorded for a decorated property (`design:type`), when it recorded one.
 *
 * This is the only module that loads `reflect-metadata`, and the only one with a side effect (see package.json).
 */
export function designType(prototype: object, property: string): unknown {
  return Reflect.getMetadata("design:type", prototype, property);
}
