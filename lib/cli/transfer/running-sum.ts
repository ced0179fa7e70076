/** The checksums of an export: of all lines up to here, on every hundredth line and on the last. */

import { createHash } from "node:crypto";
import { ImportError } from "../../errors.js";

/** Lines between two checksums: damage is named to within so many lines. */
const BLOCK = 100;
const BLOCK_DIGITS = 16;
const block = /,"sum":"([0-9a-f]{16})"\}$/;
const whole = /,"sha256":"([0-9a-f]{64})"\}$/;

/** Adds up what lines say, without the checksums that they carry. */
class RunningSum {
  #hash = createHash("sha256");

  add(line: string): string {
    this.#hash.update(line);
    const sum = this.#hash.copy().digest("hex");
    this.#hash.update("\n");
    return sum;
  }

  /** As `add`, where nobody asks for the sum. */
  skip(line: string): void {
    this.#hash.update(line).update("\n");
  }
}

const carrying = (line: string, name: string, sum: string): string =>
  `${line.slice(0, -1)},"${name}":"${sum}"}\n`;

/** Writes values as lines with checksums. */
export class SummedLines {
  readonly #sum = new RunningSum();
  #lines = 0;

  line(value: object): string {
    const line = JSON.stringify(value);
    if (++this.#lines % BLOCK === 0) {
      return carrying(line, "sum", this.#sum.add(line).slice(0, BLOCK_DIGITS));
    }
    this.#sum.skip(line);
    return `${line}\n`;
  }

  last(value: object): string {
    const line = JSON.stringify(value);
    return carrying(line, "sha256", this.#sum.add(line));
  }
}

/** Compares lines that are read with the checksums that they carry. */
export class SumCheck {
  readonly #sum = new RunningSum();
  #checkedUpTo = 0;

  /** @throws ImportError that names the lines among which the damage is */
  line(text: string, at: number): void {
    const [tail, expected] = block.exec(text) ?? [];
    if (tail === undefined) {
      this.#sum.skip(text);
      return;
    }
    const sum = this.#sum.add(`${text.slice(0, -tail.length)}}`);
    if (sum.slice(0, BLOCK_DIGITS) !== expected) throw this.#damaged(at);
    this.#checkedUpTo = at;
  }

  /** The last line. Throws `ImportError` as `line` does, and when it carries no checksum. */
  last(text: string, at: number): void {
    const [tail, expected] = whole.exec(text) ?? [];
    if (tail === undefined) {
      throw new ImportError(`Line ${at}, the last one, has no checksum; the file is damaged. ${AGAIN}`);
    }
    if (this.#sum.add(`${text.slice(0, -tail.length)}}`) !== expected) throw this.#damaged(at);
  }

  #damaged(at: number): ImportError {
    const from = this.#checkedUpTo + 1;
    return new ImportError(
      `Line ${from}${from === at ? " is" : ` to line ${at} are`} not as exported (their checksum differs): a value was ` +
        `changed, or a line is missing, doubled or in another place. ${AGAIN}`,
    );
  }
}

const AGAIN = "Nothing was imported from it; take another copy of the file, or export the tenant again.";
