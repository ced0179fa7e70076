/** The part of the Standard Schema interface that validation calls. */

/** The part of https://standardschema.dev that validation needs; zod, valibot, arktype and others implement it. */
export interface StandardSchema {
  /** The standard's own entry, of version 1; `validate` gives issues, at once or by a promise. */
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult | Promise<StandardResult>;
  };
}

export interface StandardResult {
  readonly issues?: readonly StandardIssue[] | undefined;
}

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

export function isStandardSchema(value: unknown): value is StandardSchema {
  // Some libraries' schemas are functions.
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") && "~standard" in value
  );
}

/** The names on the way to the issue, outermost first. */
export function pathOf(issue: StandardIssue): readonly string[] {
  return (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part));
}
