/** The options of operations on directories. */

export interface ReadOptions {
  /** Reads without a conflict: what others change meanwhile does not refuse the commit. Default false. */
  readonly snapshot?: boolean;
}

export interface OpenOptions {
  /** Names the software that owns the contents; an existing directory must have the same (absent: any). */
  readonly layer?: string | Uint8Array;
}

export interface CreateOptions extends OpenOptions {
  /** A prefix chosen by hand; needs a `DirectoryLayer` with `allowManualPrefixes`. */
  readonly prefix?: Uint8Array;
}

/** A page of a long list. */
export interface ListOptions extends ReadOptions {
  /** Names after this one. */
  readonly after?: string;
  /** Names at most; 0 or absent is all. */
  readonly limit?: number;
}
