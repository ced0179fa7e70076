import type { Context } from "hono";
import { type Problem, RefusedRequest } from "./refusal.js";

/**
 * Reads a posted form that has exactly the given text fields.
 *
 * @throws RefusedRequest (422) when the body is no form, a field is missing, comes twice, is a file, or is foreign.
 */
export async function readForm<const F extends string>(
  c: Context,
  fields: readonly F[],
): Promise<Readonly<Record<F, string>>> {
  const posted = await c.req.formData().catch(() => {
    throw new RefusedRequest(422, "This address takes a form, and the request holds none.");
  });
  const problems: Problem[] = [];
  for (const name of new Set(posted.keys())) {
    if (!fields.some((field) => field === name)) {
      problems.push({ field: null, message: `The form has no field “${name}”.` });
    }
  }
  const values = fields.map((field): [F, string] => {
    const [value, ...more] = posted.getAll(field);
    if (value === undefined) problems.push({ field, message: "is missing from the form" });
    else if (typeof value !== "string" || more.length > 0)
      problems.push({ field, message: "must be one text" });
    // A form sends line breaks as CR LF, whatever the person typed.
    return [field, typeof value === "string" ? value.replaceAll("\r\n", "\n") : ""];
  });
  if (problems.length > 0) throw new RefusedRequest(422, "Nothing was saved.", problems);
  return Object.fromEntries(values) as Record<F, string>;
}
