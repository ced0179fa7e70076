/** A directory with a tree of its own, which is moved and removed as one range. */

import { DirectoryError } from "../errors.js";
import { type KeyRange, Subspace, type TupleItem } from "../tuple/index.js";
import { Directory, type Owner } from "./directory.js";
import { printPath } from "./path.js";

/**
 * A directory with a tree of its own under its prefix, so that the whole of it can be moved or removed as one range.
 * It is not a subspace: keys belong into the directories inside.
 */
export class DirectoryPartition extends Directory {
  readonly #parent: Owner;

  /**
   * @param inner serves the directories inside
   * @param parent holds the partition's own name
   */
  constructor(path: readonly string[], prefix: Uint8Array, layer: Uint8Array, inner: Owner, parent: Owner) {
    super(path, prefix, layer, inner);
    this.#parent = parent;
  }

  protected override ownerOfSelf(): Owner {
    return this.#parent;
  }

  #refuse(): never {
    throw new DirectoryError(
      "partition_is_no_subspace",
      `${printPath(this.path)} is a partition and holds no keys itself; create a directory in it for them.`,
    );
  }

  override get key(): Uint8Array {
    return this.#refuse();
  }

  override pack(): Uint8Array {
    return this.#refuse();
  }

  override packWithVersionstamp(): Uint8Array {
    return this.#refuse();
  }

  override unpack(): TupleItem[] {
    return this.#refuse();
  }

  override range(): KeyRange {
    return this.#refuse();
  }

  override contains(): boolean {
    return this.#refuse();
  }

  override subspace(): Subspace {
    return this.#refuse();
  }
}
