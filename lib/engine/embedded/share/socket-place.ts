/** Where the socket of a shared store lies: in the store's folder, whose path may be longer than sockets allow. */

import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { StoreUnavailableError } from "../../../errors.js";

/** Of `sun_path`, with the zero behind it and room to spare. */
const LONGEST = 100;

export interface SocketPlace {
  readonly path: string;
  release(): void;
}

/** @throws StoreUnavailableError where no way leads around a path that is too long */
export function socketPlace(folder: string): SocketPlace {
  const path = join(folder, "socket");
  if (process.platform === "win32") return { path: `\\\\.\\pipe\\${path}`, release: () => undefined };
  if (Buffer.byteLength(path) <= LONGEST) return { path, release: () => undefined };
  if (process.platform !== "linux")
    throw new StoreUnavailableError(
      "ENAMETOOLONG",
      `${path} is too long for the name of a socket, so the store in ${folder} cannot be shared. Keep it under a shorter path.`,
    );
  const descriptor = openSync(folder, "r");
  return { path: `/proc/self/fd/${descriptor}/socket`, release: () => closeSync(descriptor) };
}
