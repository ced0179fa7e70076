import { isDeepStrictEqual } from "node:util";
import { PlinthError } from "../../lib/index.js";

let checks = 0;

/** How many checks the programs of this process have made. */
export const checksMade = (): number => checks;

const plain = (value: unknown): unknown =>
  value === undefined
    ? "undefined"
    : JSON.parse(
        JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? `${one}n` : one)) ?? "null",
      );

/** The value that a page says an expression has. */
export function told(actual: unknown, expected: unknown): void {
  checks++;
  if (isDeepStrictEqual(plain(actual), plain(expected))) return;
  throw new Error(
    `The page says ${JSON.stringify(plain(expected))}; it is ${JSON.stringify(plain(actual))}.`,
  );
}

/** The code with which a page says that a statement fails, and what else it shows of the message. */
export async function refused(run: () => Promise<unknown>, expected: string): Promise<void> {
  checks++;
  const [, code, part = ""] = /^(\w+) ?(.*)$/.exec(expected) ?? [];
  const error: unknown = await run().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof PlinthError && error.code === code && error.message.includes(part)) return;
  throw new Error(`The page says that ${run} throws ${expected}; it gave ${String(error)}.`, {
    cause: error,
  });
}
