/** The kinds of project that can be written. */

import { UsageError } from "../../errors.js";
import { nearMisses } from "../../schema/index.js";

/** A kind of project, and what it is for. */
export const frameworks = {
  none: "a program that follows its own data, without HTTP",
  hono: "an HTTP service with a live stream, on Hono",
  nestjs: "an HTTP service with a live stream, on NestJS",
} as const;

export type Framework = keyof typeof frameworks;

/** @throws UsageError */
export function frameworkOf(text: string): Framework {
  if (Object.hasOwn(frameworks, text)) return text as Framework;
  const names = Object.keys(frameworks);
  const [guess] = nearMisses(text, names);
  throw new UsageError(
    `"${text}" is no framework.${guess === undefined ? "" : ` Did you mean "${guess}"?`} There are: ${names.join(", ")}.`,
  );
}
