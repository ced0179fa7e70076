/** Finds the class-validator rules of a class, and loads class-validator when they are to run. */

import { createRequire } from "node:module";
import { ChangesetError } from "../../errors.js";
import type { SchemaClass } from "../../schema/index.js";

/** What is used of class-validator; an optional peer, so its own types must not be needed to compile against Plinth. */
interface ClassValidator {
  validate(record: object, options: object): Promise<readonly ClassFailure[]>;
  validateSync(record: object, options: object): readonly ClassFailure[];
}

/** One property's failed rules. */
export interface ClassFailure {
  readonly property: string;
  readonly constraints?: Readonly<Record<string, string>>;
  readonly children?: readonly ClassFailure[];
}

interface RuleMetadata {
  readonly type: string;
  readonly name?: string;
  readonly constraintCls?: unknown;
}

interface RuleStorage {
  getTargetValidationMetadatas(
    target: unknown,
    schema: undefined,
    always: boolean,
    strictGroups: boolean,
    groups?: readonly string[],
  ): readonly RuleMetadata[];
  getTargetValidatorConstraints(target: unknown): readonly { readonly async?: boolean }[];
}

/** The rules that class-validator knows; every copy of the package in a process shares this object. */
function storage(): RuleStorage | undefined {
  return (globalThis as { classValidatorMetadataStorage?: RuleStorage }).classValidatorMetadataStorage;
}

// Decorators add a class's rules while it is defined, so they are complete when it is first used.
const rules = new WeakMap<SchemaClass, readonly RuleMetadata[]>();

function rulesOf(schema: SchemaClass): readonly RuleMetadata[] {
  const known = rules.get(schema);
  if (known !== undefined) return known;
  const found = storage()?.getTargetValidationMetadatas(schema, undefined, false, false) ?? [];
  rules.set(schema, found);
  return found;
}

/** Whether a class (or a base of it) has class-validator rules; costs nothing where the package is not loaded. */
export function hasClassRules(schema: SchemaClass): boolean {
  return storage() !== undefined && rulesOf(schema).length > 0;
}

/** What is known of a class's rules before they run. `sync`: built-in rules only. `async`: a rule says so, or nested records may. `unknown`: the class's own rules. */
export function timingOf(schema: SchemaClass): "sync" | "async" | "unknown" {
  const own = rulesOf(schema);
  const asynchronous = own.some(
    ({ type, constraintCls }) =>
      type === "promiseValidation" ||
      (constraintCls !== undefined &&
        storage()
          ?.getTargetValidatorConstraints(constraintCls)
          .some((constraint) => constraint.async === true)),
  );
  if (asynchronous) return "async";
  const custom = own.some(
    ({ type, name }) => type === "nestedValidation" || (type === "customValidation" && !isBuiltin(name)),
  );
  return custom ? "unknown" : "sync";
}

let builtins: ReadonlySet<unknown> | undefined;

/** The package exports the name of each of its rules as a constant. */
function isBuiltin(name: string | undefined): boolean {
  builtins ??= new Set(Object.values(loaded ?? {}).filter((value) => typeof value === "string"));
  return builtins.has(name);
}

let loaded: ClassValidator | undefined;

/** class-validator, loaded on first use; undefined where it can only be imported, as in a bundle that holds it. */
export function classValidator(): ClassValidator | undefined {
  if (loaded !== undefined) return loaded;
  try {
    loaded = createRequire(import.meta.url)("class-validator") as ClassValidator;
  } catch {
    // A bundle of CommonJS has no address of its own, and one of any kind may lie where no packages are.
  }
  return loaded;
}

/**
 * class-validator, imported in words that bundlers follow.
 *
 * @throws ChangesetError when it is not installed
 */
export async function importClassValidator(): Promise<ClassValidator> {
  if (loaded !== undefined) return loaded;
  try {
    const found = (await import("class-validator")) as Partial<ClassValidator> & {
      readonly default?: ClassValidator;
    };
    // Node finds only some of the names of a CommonJS package.
    loaded = found.validateSync === undefined ? found.default! : (found as ClassValidator);
    return loaded;
  } catch (cause) {
    throw new ChangesetError(
      "validateSchema() runs class-validator rules, and class-validator cannot be loaded. " +
        "Install it: npm install class-validator. Or give a Standard Schema object: validateSchema(schema).",
      { cause },
    );
  }
}
