/** Refuses decorators in another form than TypeScript's experimental one, and those without their parentheses. */

import { SchemaError } from "../../errors.js";

/**
 * Refuses a call in the form of the ECMAScript standard: `(value, context)`.
 *
 * @param second what the decorator was called with behind its target; a context has a `kind`
 * @throws SchemaError that names the class or property, and the compiler option
 */
export function refuseStandardForm(decorator: string, target: unknown, second: unknown): void {
  const context = contextOf(target, second);
  if (context === undefined) return;
  const of = context.kind === "class" ? ` of ${nameOf(target)}` : ` of ${String(context.name)}`;
  throw new SchemaError(
    `@${decorator}${of} was compiled as a decorator of the ECMAScript standard, which cannot see fields written with \`declare\`. ` +
      'Set "experimentalDecorators": true and "emitDecoratorMetadata": true under "compilerOptions" of the tsconfig.json that ' +
      "your runner reads: tsx, esbuild and Vite read the one beside the file or above it. With swc it is " +
      'jsc.transform.legacyDecorator in .swcrc; with Babel the decorators plugin\'s { version: "legacy" }.',
  );
}

/** Of the standard `(value, { kind })`, and of its earlier drafts, which Babel still has: `({ kind, key, … })`. */
function contextOf(
  target: unknown,
  second: unknown,
): { readonly kind: string; readonly name: unknown } | undefined {
  for (const given of [second, target]) {
    if (typeof given !== "object" || given === null || Object.hasOwn(given, "constructor")) continue;
    const { kind, name, key } = given as {
      readonly kind?: unknown;
      readonly name?: unknown;
      readonly key?: unknown;
    };
    if (typeof kind === "string") return { kind, name: name ?? key };
  }
  return undefined;
}

const nameOf = (target: unknown): string =>
  typeof target === "function" && target.name !== "" ? target.name : "a class";

/** What stands where options do when a decorator is written without parentheses: the class, or its prototype. */
const isTarget = (given: unknown): boolean =>
  typeof given === "function"
    ? /^class\b/.test(Function.prototype.toString.call(given))
    : typeof given === "object" && given !== null && Object.hasOwn(given, "constructor");

/** @throws SchemaError when the decorator itself was called with the class or its prototype */
export function refuseBareForm(decorator: string, first: unknown, example: string): void {
  if (!isTarget(first)) return;
  const schema = typeof first === "function" ? first : (first as object).constructor;
  throw new SchemaError(
    `@${decorator} in ${nameOf(schema)} is written without its parentheses and would do nothing. Write @${decorator}${example}.`,
  );
}
