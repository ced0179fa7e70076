/** Runs the class-validator rules of a class, or a Standard Schema, on a changeset. */

import { ChangesetError } from "../../errors.js";
import { getMeta } from "../../schema/index.js";
import {
  appliedValues,
  applyState,
  type ChangesetState,
  currentValue,
  type FieldError,
  type PendingValidation,
  withErrors,
} from "../state/index.js";
import {
  type ClassFailure,
  classValidator,
  hasClassRules,
  importClassValidator,
  timingOf,
} from "./class-rules.js";
import { isStandardSchema, pathOf, type StandardResult, type StandardSchema } from "./standard-schema.js";

/** Options of `validateSchema` for class-validator rules. */
export interface SchemaRuleOptions {
  /** Run only the rules of these groups; default: the rules without groups and those of every group. */
  readonly groups?: readonly string[];
}

/** Runs the rules of the class, or a Standard Schema, now; what cannot answer now is left pending. */
export function validateSchema(
  state: ChangesetState,
  rules: SchemaRuleOptions | StandardSchema = {},
): ChangesetState {
  if (isStandardSchema(rules)) return runStandardSchema(state, rules);
  const { info } = state.fields;
  if (info === undefined) {
    throw new ChangesetError(
      "A changeset without a schema has no class whose rules could run. Give it a Standard Schema object: validateSchema(schema).",
    );
  }
  if (!hasClassRules(info.schema)) {
    throw new ChangesetError(
      `${info.name} has no class-validator rules. Add one, as @Field("integer") @Min(1) declare score: number, ` +
        "or take validateSchema() out.",
    );
  }
  const options = classOptions(rules);
  const validator = classValidator();
  if (validator === undefined) return { ...state, pending: [...state.pending, onceImported(options)] };
  const { validate, validateSync } = validator;
  const checked = withErrors(state, classErrors(state, validateSync(applyState(state), options)));
  const timing = timingOf(info.schema);
  if (timing === "sync") return checked;
  const pending: PendingValidation = {
    asynchronous: timing === "async",
    run: async (latest) => classErrors(latest, await validate(applyState(latest), options)),
  };
  return { ...checked, pending: [...checked.pending, pending] };
}

const onceImported = (options: object): PendingValidation => ({
  asynchronous: true,
  run: async (latest) =>
    classErrors(latest, await (await importClassValidator()).validate(applyState(latest), options)),
});

function classOptions({ groups }: SchemaRuleOptions): object {
  return {
    ...(groups !== undefined && { groups }),
    forbidUnknownValues: false,
    // Errors must not carry records: they end in logs.
    validationError: { target: false, value: false },
  };
}

function classErrors(state: ChangesetState, failures: readonly ClassFailure[]): FieldError[] {
  return failures
    .filter(({ property }) => concerns(state, property))
    .flatMap((failure) => flatten(failure, []).map(([path, rule, message]) => errorAt(path, rule, message)));
}

function flatten(failure: ClassFailure, parents: readonly string[]): [readonly string[], string, string][] {
  const path = [...parents, failure.property];
  const own = Object.entries(failure.constraints ?? {}).map(
    ([rule, message]): [readonly string[], string, string] => [path, rule, message],
  );
  return [...own, ...(failure.children ?? []).flatMap((child) => flatten(child, path))];
}

function errorAt(path: readonly string[], rule: string, message: string): FieldError {
  const [field = "base", ...inner] = path;
  const property = path.at(-1) ?? "";
  // class-validator's messages start with the property, ours read on from it.
  const rest = message.startsWith(`${property} `) ? message.slice(property.length + 1) : message;
  const text = inner.length === 0 ? rest : `${inner.join(".")} ${rest}`;
  // Not a template: the message may quote a value with "%{" in it.
  return Object.freeze({
    field,
    message: text,
    meta: Object.freeze({ validation: rule, ...(inner.length > 0 && { path: Object.freeze([...path]) }) }),
  });
}

/**
 * Whether a failure is this changeset's: in a new record every field is, but for those the Repo fills in; of a
 * stored one, what changes. A row from before a rule existed can still be updated elsewhere.
 */
function concerns(state: ChangesetState, name: string): boolean {
  const { info } = state.fields;
  if (Object.hasOwn(state.changes, name)) return true;
  if (state.filled?.includes(name) === true && currentValue(state, name) === null) return false;
  if (getMeta(state.data)?.state === "loaded") return false;
  if (info?.hasField(name) !== true) return info === undefined;
  return info.field(name).autogenerate === undefined || currentValue(state, name) !== null;
}

function runStandardSchema(state: ChangesetState, schema: StandardSchema): ChangesetState {
  const run = (latest: ChangesetState) => schema["~standard"].validate(appliedValues(latest));
  const result = run(state);
  if (!(result instanceof Promise)) return withErrors(state, standardErrors(state, result));
  // It may fail before anybody waits for it; whoever waits sees the failure.
  result.catch(() => undefined);
  const pending: PendingValidation = {
    asynchronous: true,
    run: async (latest) =>
      standardErrors(latest, await (latest.changes === state.changes ? result : run(latest))),
  };
  return { ...state, pending: [...state.pending, pending] };
}

function standardErrors(state: ChangesetState, { issues = [] }: StandardResult): FieldError[] {
  return (issues ?? [])
    .map((issue) => [pathOf(issue), issue.message] as const)
    .filter(([[field]]) => field === undefined || concerns(state, field))
    .map(([path, message]) => errorAt(path, "schema", message));
}

/** The rules of the class that hold for plain attributes and records: they run when the Repo is about to write them. */
export const rulesOfPlainRecords: PendingValidation = Object.freeze({
  asynchronous: false,
  async run(state: ChangesetState) {
    if (state.fields.info === undefined || !hasClassRules(state.fields.info.schema)) return [];
    return (await finishPending(validateSchema({ ...state, errors: [], pending: [] }))).errors;
  },
});

/** Waits for every pending rule; the state has none afterwards. */
export async function finishPending(state: ChangesetState): Promise<ChangesetState> {
  const found = await Promise.all(state.pending.map(({ run }) => run(state)));
  const known = new Set(state.errors.map(keyOf));
  const fresh = found.flat().filter((error) => {
    const key = keyOf(error);
    return known.has(key) ? false : known.add(key);
  });
  return withErrors({ ...state, pending: [] }, fresh);
}

function keyOf({ field, meta, message }: FieldError): string {
  return JSON.stringify([field, meta.validation, meta.path, message]);
}
