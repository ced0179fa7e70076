/** Errors as they go over the socket, so that whoever asked gets the class and the code that the store gave. */

import {
  BackupError,
  EngineClosedError,
  PlinthError,
  StoreCorruptError,
  StoreFullError,
  StoreIoError,
  StoreOptionsError,
  StoreUnavailableError,
} from "../../../errors.js";
import { EngineError } from "../../port/index.js";

type Sent = readonly [
  kind: "engine" | "plinth" | "type" | "other",
  code: number | string,
  message: string,
  errno?: string,
];

const classes = [
  BackupError,
  EngineClosedError,
  StoreCorruptError,
  StoreFullError,
  StoreOptionsError,
] as const;

export function sentError(error: unknown): Sent {
  if (error instanceof EngineError) return ["engine", error.fdbCode, detailOf(error)];
  if (error instanceof PlinthError) {
    const { errno } = error as { readonly errno?: string };
    return ["plinth", error.code, error.message, errno ?? ""];
  }
  const message = error instanceof Error ? error.message : String(error);
  return [error instanceof TypeError ? "type" : "other", "", message];
}

export function receivedError([kind, code, message, errno = ""]: Sent): Error {
  if (kind === "engine") return new EngineError(Number(code), message === "" ? undefined : message);
  if (kind === "type") return new TypeError(message);
  if (kind === "other") return new Error(message);
  if (code === StoreIoError.code) return new StoreIoError(errno, message);
  if (code === StoreUnavailableError.code) return new StoreUnavailableError(errno, message);
  const known = classes.find((one) => one.code === code);
  return known === undefined ? new PlinthError(String(code), message) : new known(message);
}

/** What stands behind the name and the number. */
function detailOf({ message, fdbCode }: EngineError): string {
  const at = message.indexOf(`(${fdbCode}): `);
  return at < 0 ? "" : message.slice(at + `(${fdbCode}): `.length);
}
