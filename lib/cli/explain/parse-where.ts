/** Reads conditions and orders of a query as one writes them in a shell. */

import { UsageError } from "../../errors.js";
import { type SchemaInfo, suggest } from "../../schema/index.js";

const operators = { ">=": "gte", "<=": "lte", "^=": "startsWith", ">": "gt", "<": "lt", "=": "eq" } as const;

type Conditions = Record<string, Record<string, unknown>>;

/**
 * Conditions as one writes them in a shell: `score>=4`, `name^=Glo`, `productId=p1`, `note=null`.
 *
 * A value is read by the type of its field. Without a schema it is JSON where it is valid JSON, else text.
 *
 * @throws UsageError
 */
export function parseConditions(texts: readonly string[], info: SchemaInfo | undefined): Conditions {
  const conditions: Conditions = {};
  for (const text of texts) {
    const [, field, sign, value] = /^(\w+)\s*(>=|<=|\^=|=|>|<)\s*(.*)$/s.exec(text) ?? [];
    if (field === undefined || sign === undefined || value === undefined) {
      throw new UsageError(
        `"${text}" is no condition; write field=value, or one of >= > <= < ^= (starts with) in place of =.`,
      );
    }
    const operator = operators[sign as keyof typeof operators];
    conditions[field] = { ...conditions[field], [operator]: castValue(field, value, info) };
  }
  return conditions;
}

function castValue(field: string, text: string, info: SchemaInfo | undefined): unknown {
  if (text === "null") return null;
  if (info === undefined) return fromJson(text);
  if (!info.hasField(field)) {
    throw new UsageError(
      `${info.name} has no field "${field}".${suggest(
        field,
        info.fields.map(({ name }) => name),
      )}`,
    );
  }
  const cast = info.field(field).type.cast(text);
  if (cast.ok) return cast.value;
  throw new UsageError(`"${text}" is no ${info.field(field).type.name} for ${field}: ${cast.message}.`);
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** `insertedAt:desc` or `name`. Throws `UsageError`. */
export function parseOrder(text: string): Record<string, "asc" | "desc"> {
  const [, field, direction = "asc"] = /^(\w+)(?::(asc|desc))?$/.exec(text) ?? [];
  if (field === undefined)
    throw new UsageError(`"${text}" is no order; write field, field:asc or field:desc.`);
  return { [field]: direction as "asc" | "desc" };
}
