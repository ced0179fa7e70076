/** Checks that the options of a call are an object, and that the call knows each of them. */

import { InvalidOptionsError } from "../../errors.js";
import { showValue } from "../../schema/index.js";
import { Tenant } from "../../tenant/index.js";

/** @throws InvalidOptionsError for what is no object, and for a key that is none of `known` */
export function checkOptions(operation: string, options: unknown, known: ReadonlySet<string>): void {
  const subject = operation.startsWith("new ") ? operation : `repo.${operation}`;
  if (typeof options !== "object" || options === null || options instanceof Tenant) {
    const given = options instanceof Tenant ? "a tenant; write { tenant }" : showValue(options);
    throw new InvalidOptionsError(`The options of ${subject} are an object, not ${given}.`);
  }
  for (const name of Object.keys(options)) {
    if (known.has(name)) continue;
    throw new InvalidOptionsError(
      `${subject} has no option "${name}"; it takes ${[...known].join(", ") || "none"}.${hints[name] ?? ""}`,
    );
  }
}

const hints: Readonly<Record<string, string>> = {
  limit: " A limit belongs to the query: from(Schema).limit(n).",
  orderBy: " An order belongs to the query: from(Schema).orderBy(field).",
  where: " Conditions belong to the query: from(Schema).where({ … }).",
  prefix: " The tenant is given as { tenant }.",
};
