/** The errors of Plinth: a class for each cause, with a code that stays the same. */

/**
 * Every error that Plinth throws, one class per cause.
 *
 * `code` is stable and is what programs compare; the message says what happened, what usually causes it and the
 * line that fixes it. Errors of the engine itself are `EngineError` (in `engine/`), whose codes are FoundationDB's.
 */
export class PlinthError extends Error {
  /** Stable, in snake case, unique per cause. */
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.name = new.target.name;
  }
}

/** The class of one cause. Spelled out, so that its declaration needs nothing of Node's own. */
interface ErrorClass {
  readonly code: string;
  new (message: string, options?: { cause?: unknown }): PlinthError;
}

/** Builds the class of one cause: a fixed `code` and a message. */
function errorClass(code: string): ErrorClass {
  return class extends PlinthError {
    static readonly code: string = code;
    constructor(message: string, options?: { cause?: unknown }) {
      super(code, message, options);
    }
  };
}

// ---- engines ---------------------------------------------------------------------------------------------------

/** An engine cannot be opened: a package, a client library or the cluster is missing. */
export class EngineUnavailableError extends PlinthError {
  static readonly code: string = "engine_unavailable";
  /** The npm package, FoundationDB's client library, or a cluster that answers. */
  readonly missing: "package" | "client" | "cluster";

  constructor(missing: "package" | "client" | "cluster", message: string, options?: { cause?: unknown }) {
    super(EngineUnavailableError.code, message, options);
    this.missing = missing;
  }
}
/** The URL names no engine that Plinth knows. */
export class InvalidUrlError extends errorClass("invalid_url") {}
/** The engine was used after `close()`. */
export class EngineClosedError extends errorClass("engine_closed") {}
/** Another process, or another thread of this one, has the embedded store open. */
export class StoreLockedError extends errorClass("store_locked") {}
/** A store that this process has open was to be opened again with other options than it has. */
export class StoreOptionsError extends errorClass("store_options") {}
/** The system refused to open the embedded store (no rights, a read-only place, no descriptors, a file where a folder belongs); `errno` names its reason. */
export class StoreUnavailableError extends PlinthError {
  static readonly code: string = "store_unavailable";
  /** The system's name of the reason, for example `"EACCES"`. */
  readonly errno: string;

  constructor(errno: string, message: string, options?: { cause?: unknown }) {
    super(StoreUnavailableError.code, message, options);
    this.errno = errno;
  }
}
/** The system failed a read, write or flush of the open embedded store; `errno` names its reason. */
export class StoreIoError extends PlinthError {
  static readonly code: string = "store_io";
  /** The system's name of the reason, for example `"EIO"`. */
  readonly errno: string;

  constructor(errno: string, message: string, options?: { cause?: unknown }) {
    super(StoreIoError.code, message, options);
    this.errno = errno;
  }
}
/** The embedded store's file is damaged or was not written by this format. */
export class StoreCorruptError extends errorClass("store_corrupt") {}
/** The disk under the embedded store is full; the transaction was not committed. */
export class StoreFullError extends errorClass("store_full") {}
/** A backup, a restore or a verification cannot be done as asked; what was there is left as it is. */
export class BackupError extends errorClass("backup_failed") {}

// ---- the package ---------------------------------------------------------------------------------------------------

/** Two copies of the package are at work in one program, and one was given what the other made. */
export class TwoCopiesError extends errorClass("two_copies") {}

// ---- transactions ----------------------------------------------------------------------------------------------

/** Conflicts used up every retry that the transaction was granted. */
export class TransactionConflictError extends errorClass("transaction_conflict") {}
/** The transaction's `timeoutMs` passed; it may or may not have committed. */
export class TransactionTimeoutError extends errorClass("transaction_timeout") {}
/** The commit's outcome is unknown, and the transaction may not run again or met what may be its own writes when it did. */
export class CommitUnknownError extends errorClass("commit_unknown") {}
/** The transaction outlived FoundationDB's five seconds. */
export class TransactionTooOldError extends errorClass("transaction_too_old") {}
/** Two parts of one transaction, run beside each other, wait for each other's records. */
export class TransactionDeadlockError extends errorClass("transaction_deadlock") {}
/** A Multi inside of a transaction failed after it had written. */
export class MultiFailedError extends errorClass("multi_failed") {}
/** A call in a transaction was not awaited, and failed or came after the end of the function. */
export class OutstandingCallsError extends errorClass("outstanding_calls") {}
/** The transaction writes more than 10,000,000 bytes. */
export class TransactionTooLargeError extends errorClass("transaction_too_large") {}
/** A key is longer than the engine takes. */
export class KeyTooLargeError extends errorClass("key_too_large") {}
/** A value is longer than 100,000 bytes and cannot be split. */
export class ValueTooLargeError extends errorClass("value_too_large") {}

// ---- tuples, directories, tenants ------------------------------------------------------------------------------

/** A tuple cannot be packed, or bytes are not a packed tuple. */
export class TupleError extends errorClass("tuple_invalid") {}
/** Why a directory operation was refused. */
export type DirectoryErrorReason =
  | "already_exists"
  | "between_partitions"
  | "incompatible_layer"
  | "invalid_path"
  | "invalid_prefix"
  | "into_own_subdirectory"
  | "manual_prefix_disabled"
  | "not_found"
  | "parent_not_found"
  | "partition_is_no_subspace"
  | "prefix_in_use"
  | "prefix_not_empty"
  | "root_directory"
  | "version_read_only"
  | "version_unsupported";

/** A directory operation was refused; `reason` says why, for programs. */
export class DirectoryError extends PlinthError {
  static readonly code: string = "directory_refused";
  readonly reason: DirectoryErrorReason;

  constructor(reason: DirectoryErrorReason, message: string, options?: { cause?: unknown }) {
    super(DirectoryError.code, message, options);
    this.reason = reason;
  }
}
/** The tenant does not exist. */
export class TenantNotFoundError extends errorClass("tenant_not_found") {}
/** `Tenant.create` on an id that exists. */
export class TenantExistsError extends errorClass("tenant_exists") {}
/** The handle's tenant was deleted (and perhaps created again) since it was opened. */
export class TenantGoneError extends errorClass("tenant_gone") {}
/** The tenant id is empty, not a string, or longer than 1,000 bytes. */
export class InvalidTenantIdError extends errorClass("invalid_tenant_id") {}
/** An application key starts with an element that belongs to Plinth, or names no element at all. */
export class ReservedKeyError extends errorClass("reserved_key") {}
/** An operation has no tenant, or records of two tenants meet in one transaction. */
export class IncorrectTenancyError extends errorClass("incorrect_tenancy") {}

// ---- schemas and values ----------------------------------------------------------------------------------------

/** A decorator was used in a way that cannot work; thrown while the class is being defined or first used. */
export class SchemaError extends errorClass("schema_invalid") {}
/** A value does not fit the declared type of its field. */
export class InvalidValueError extends errorClass("invalid_value") {}
/** A name that is not a field of the schema. */
export class UnknownFieldError extends errorClass("unknown_field") {}
/** A record without a primary key where one is needed. */
export class NoPrimaryKeyValueError extends errorClass("no_primary_key_value") {}
/** A changeset or an update that changes the primary key (or the partition) of a stored record. */
export class PrimaryKeyChangeError extends errorClass("primary_key_change") {}
/** A versionstamp id was read before the transaction committed. */
export class VersionstampPendingError extends errorClass("versionstamp_pending") {}
/** A stored record cannot be decoded: unknown codec, missing chunk or wrong checksum. */
export class RecordCorruptError extends errorClass("record_corrupt") {}

// ---- changesets and records ------------------------------------------------------------------------------------

/** A changeset function was called with arguments that cannot work (an unknown field, params that are no object). */
export class ChangesetError extends errorClass("changeset_misuse") {}
/** An association or embed cannot be changed as asked (for example replaced while `onReplace` is "raise"). */
export class ChangeError extends errorClass("change_refused") {}
/** The row read by a query that must find one does not exist. */
export class NoResultsError extends errorClass("no_results") {}
/** A query that must find at most one row found more. */
export class MultipleResultsError extends errorClass("multiple_results") {}
/** The stored row is gone, or its lock field differs: somebody else changed it first. */
export class StaleEntryError extends errorClass("stale_entry") {
  /** @param missing the row is gone, or never was; else it is there and has changed. Default false */
  constructor(
    message: string,
    readonly missing = false,
  ) {
    super(message);
  }
}

// ---- queries, migrations, sync ---------------------------------------------------------------------------------

/** No primary key or index serves the query; the message prints the migration line that would. */
export class UnsupportedQueryError extends errorClass("unsupported_query") {}
/** A query is contradictory or malformed (an undefined condition, a negative limit, an unknown index). */
export class InvalidQueryError extends errorClass("invalid_query") {}
/** A migration list or command cannot be applied. */
export class MigrationError extends errorClass("migration_failed") {}
/** A live query needs `create(metadata(…))`; the message prints the line. */
export class MetadataRequiredError extends errorClass("metadata_required") {}
/** A cursor that this store, schema or query did not issue. */
export class InvalidCursorError extends errorClass("invalid_cursor") {}
/** The subscription (or the Sync behind it) is closed. */
export class SubscriptionClosedError extends errorClass("subscription_closed") {}
/** A slow consumer overflowed its buffer under the policy "close". */
export class SubscriptionOverflowError extends errorClass("subscription_overflow") {}

// ---- the command line ------------------------------------------------------------------------------------------

/** A command line that cannot be carried out: an unknown verb or flag, a missing or surplus argument. */
export class UsageError extends errorClass("cli_usage") {}
/** The configuration of the `plinth` command is missing, cannot be loaded, or has the wrong shape. */
export class ConfigError extends errorClass("cli_config") {}
/** A destructive verb was not confirmed. */
export class NotConfirmedError extends errorClass("cli_not_confirmed") {}
/** The URL given to `plinth watch` does not answer with `sync.inspect()`. */
export class InspectionError extends errorClass("cli_inspection") {}
/** A file is no export of a tenant, is damaged or cut off, or does not fit the tenant it is imported into. */
export class ImportError extends errorClass("import_refused") {}

// ---- constraints of the store ----------------------------------------------------------------------------------

/** A record with the same primary key is stored already. */
export class PrimaryKeyExistsError extends errorClass("primary_key_exists") {}
/** Another record has the same value in a unique index. */
export class UniqueViolationError extends PlinthError {
  static readonly code = "unique_violation";
  /** The index's name. */
  readonly index: string;
  /** The fields that are unique together. */
  readonly fields: readonly string[];
  /** The key of the record that has the value: its partition (if any) and primary key, as key items. */
  readonly existing: readonly unknown[];

  constructor(source: string, index: string, fields: readonly string[], existing: readonly unknown[]) {
    super(
      UniqueViolationError.code,
      `A record of "${source}" with the same ${fields.join(", ")} exists (unique index "${index}"). ` +
        `To get this as an error of the changeset, declare it: changeset.uniqueConstraint("${fields[0] ?? ""}").`,
    );
    this.index = index;
    this.fields = fields;
    this.existing = existing;
  }
}

// ---- repositories ----------------------------------------------------------------------------------------------

/** The Repo was given an option that it does not know, or a value that cannot work. */
export class InvalidOptionsError extends errorClass("invalid_options") {}
/** The Repo (or a transaction's `tx`) was used after it was closed. */
export class RepoClosedError extends errorClass("repo_closed") {}
/** A call inside a transaction came after the transaction had ended, usually because it was not awaited. */
export class TransactionEndedError extends errorClass("transaction_ended") {}
/** `repo.rollback` outside of a transaction. */
export class NotInTransactionError extends errorClass("not_in_transaction") {}
/** Two operations of a Multi have one name, or an operation is no operation. */
export class InvalidMultiError extends errorClass("invalid_multi") {}
/** A unique index cannot be built, because records have the same value already. */
export class UniqueBuildError extends PlinthError {
  static readonly code = "unique_build_failed";
  readonly source: string;
  readonly index: string;
  readonly fields: readonly string[];
  /** The keys of two records that have the same values. */
  readonly rows: readonly (readonly unknown[])[];

  constructor(
    source: string,
    index: string,
    fields: readonly string[],
    rows: readonly (readonly unknown[])[],
  ) {
    const named = rows.map((row) => row.map(String).join(", ")).join(" and ");
    super(
      UniqueBuildError.code,
      `The unique index "${index}" cannot be built: the records ${named} of "${source}" have the same ` +
        `${fields.join(", ")}. Change or delete one of them and open the tenant again; until then the index does ` +
        "not exist.",
    );
    this.source = source;
    this.index = index;
    this.fields = fields;
    this.rows = rows;
  }
}
