import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { StoreCorruptError } from "../../errors.js";

const MAGIC = 0xbeefc0de;
const META_HEADER = 16;

/** Refuses a file that LMDB would misread or crash on: no LMDB header, or shorter than its header says. */
export function checkFile(path: string): void {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    if (size === 0) return;
    const page = Buffer.alloc(META_HEADER + 8);
    const read = readSync(file, page, 0, page.length, 0);
    if (read < page.length || page.readUInt32LE(META_HEADER) !== MAGIC) {
      throw new StoreCorruptError(
        `${path} is not a Plinth store or its header is damaged. Point the URL at another folder, or restore ` +
          "the file from a backup.",
      );
    }
  } finally {
    closeSync(file);
  }
}
