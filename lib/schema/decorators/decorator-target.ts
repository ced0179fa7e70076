/** Finds the class behind a decorated property, and refuses what no record has: statics, symbols and methods. */

import { SchemaError } from "../../errors.js";
import type { SchemaClass } from "../definition/index.js";
import { refuseStandardForm } from "./decorator-form.js";

export function classOf(target: object, property: unknown, decorator: string): SchemaClass {
  refuseStandardForm(decorator, target, property);
  if (typeof target === "function") {
    throw new SchemaError(
      `${target.name}.${String(property)} is static. @${decorator} goes on a property of the record: ` +
        `@${decorator}(…) declare ${String(property)}: …`,
    );
  }
  const schema = target.constructor;
  if (typeof property !== "string") {
    throw new SchemaError(
      `${schema.name}: @${decorator} needs a property with a name, not ${String(property)}.`,
    );
  }
  if (Object.hasOwn(target, property)) {
    throw new SchemaError(
      `${schema.name}.${property} is a method or an accessor. @${decorator} goes on a property without code: ` +
        `@${decorator}(…) declare ${property}: …`,
    );
  }
  return schema as unknown as SchemaClass;
}
