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
/** A call reads more keys than its `maxKeys`. */
export class TooManyKeysError extends errorClass("too_many_keys") {}
/** A stream that is one snapshot took longer than the store keeps a version. */
export class SnapshotExpiredError extends errorClass("snapshot_expired") {}
/** Something would write through a Repo that is `readOnly`. */
export class ReadOnlyRepoError extends errorClass("read_only") {}
/** A job is given steps that are none, gives a cursor that cannot be stored, or does not move on. */
export class JobError extends errorClass("job_failed") {}
/** The transaction writes more than 10,000,000 bytes. */
export class TransactionTooLargeError extends errorClass("transaction_too_large") {}
/** A key is longer than the engine takes. */
export class KeyTooLargeError extends errorClass("key_too_large") {}
/** A value is longer than 100,000 bytes and cannot be split. */
export class ValueTooLargeError extends errorClass("value_too_large") {}

// ---- tuples, directories, tenants ------------------------------------------------------------------------------

/** A tuple cannot be packed, or bytes are not a packed tuple. */
export class TupleError extends PlinthError {
  static readonly code: string = "tuple_invalid";
  /** Why, for programs; `"invalid"` but for incomplete versionstamps. */
  readonly reason: TupleErrorReason;

  constructor(message: string, options: { cause?: unknown; reason?: TupleErrorReason } = {}) {
    const { reason = "invalid", ...rest } = options;
    super(TupleError.code, message, rest);
    this.reason = reason;
  }
}

/** Why a tuple was refused: for what is in it, or for the incomplete versionstamps that it has or lacks. */
export type TupleErrorReason =
  | "invalid"
  | "incomplete_versionstamp"
  | "no_incomplete_versionstamp"
  | "several_incomplete_versionstamps";

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
  /** Why, for programs. */
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
/** A new record, given as attributes or as itself, leaves out a field that is declared without `| null`. */
export class RequiredFieldError extends PlinthError {
  static readonly code = "required_field";
  /** The class that declares the field. */
  readonly schema: string;
  /** The field. */
  readonly field: string;
  /** Where it is missing in what was given: the field itself, or `lines[0].article` inside of an embed or relation. */
  readonly path: string;

  constructor(schema: string, field: string, path: string = field) {
    super(
      RequiredFieldError.code,
      `${schema}.${field} has no value${path === field ? "" : ` (at ${path})`}, and it is declared without "| null". Usually ` +
        `the attributes leave it out, or a variable in them is null. Give it a value; or declare it as \`${field}: … | null\`; ` +
        `or give it a default, as in @Field("string", { default: "" }). For input from outside, ` +
        `cast(…).validateRequired(["${field}"]) makes it an error of the changeset.`,
    );
    this.schema = schema;
    this.field = field;
    this.path = path;
  }
}
/** A write gives a value to a field that it does not write (`writable`); the field says that this is an error. */
export class NotWritableError extends errorClass("not_writable") {}
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
/**
 * A record, association or embed cannot be changed as asked: replaced while `onReplace` is "raise", or changed in place and
 * updated by a changeset without changes.
 */
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
/** A relation with `onDelete` has no index that finds its records; the message prints the line. */
export class MissingIndexError extends errorClass("missing_index") {}
/** A delete with which more records would go than one transaction takes; `count` says how many the relation has. */
export class CascadeTooLargeError extends PlinthError {
  static readonly code: string = "cascade_too_large";
  /** Records of the relation that is too large; at most 100,000 are counted. */
  readonly count: number;

  constructor(message: string, count: number) {
    super(CascadeTooLargeError.code, message);
    this.count = count;
  }
}
/** A query is contradictory or malformed (an undefined condition, a negative limit, an unknown index). */
export class InvalidQueryError extends errorClass("invalid_query") {}
/** A migration list or command cannot be applied. */
export class MigrationError extends errorClass("migration_failed") {}
/** What a tenant has applied and the list of migrations differ: another one under a version, edited commands, a hole. */
export class MigrationMismatchError extends PlinthError {
  static readonly code: string = "migration_mismatch";
  /** The tenant's id. */
  readonly tenant: string;
  /** What differs, version by version. */
  readonly mismatches: readonly MigrationMismatch[];

  constructor(tenant: string, mismatches: readonly MigrationMismatch[]) {
    const kinds = [...new Set(mismatches.map(({ kind }) => kind))];
    super(
      MigrationMismatchError.code,
      `The tenant ${JSON.stringify(tenant)} and the list of migrations differ: ` +
        `${mismatches.map(describeMismatch).join("; ")}. Usually two branches took one number, or an applied migration was ` +
        "edited: give what is new a version of its own, behind the others. Where the list is right as it is, note that it " +
        "is (plinth migrate --baseline), or go on for once: " +
        `${kinds.map((kind) => `plinth migrate --allow-${kind}`).join(" ")}; in code: ` +
        `new Repo({ …, allowMismatch: [${kinds.map((kind) => `"${kind}"`).join(", ")}] }).`,
    );
    this.tenant = tenant;
    this.mismatches = mismatches;
  }
}

/** One version of which a tenant and the list of migrations say different things. */
export interface MigrationMismatch {
  /** The version that they disagree about. */
  readonly version: number;
  /**
   * `replaced`: the list has another migration under the version. `edited`: the same one, with other commands. `hole`: it
   * is not applied, while a later one of the list is.
   */
  readonly kind: "replaced" | "edited" | "hole";
  /** The name that was applied; of a hole, that of the later one. */
  readonly applied: string;
  /** The name in the list. */
  readonly listed: string;
}

/** A mismatch as a clause of a sentence. */
export function describeMismatch({ version, kind, applied, listed }: MigrationMismatch): string {
  if (kind === "replaced")
    return `version ${version} was applied as ${applied}, and the list has ${listed} under it`;
  if (kind === "edited")
    return `the commands of version ${version} (${listed}) are not those that were applied`;
  return `version ${version} (${listed}) is not applied, but ${applied} behind it is`;
}
/** The tenant was moved into another store by `plinth copy --move`, and is not written here any more. */
export class TenantMovedError extends errorClass("tenant_moved") {}
/** The tenant holds a part of an import or of a copy that has not finished: it runs, was interrupted, or failed. */
export class UnfinishedImportError extends errorClass("import_unfinished") {}
/** A live query needs `create(metadata(…))`; the message prints the line. */
export class MetadataRequiredError extends errorClass("metadata_required") {}
/** A cursor that this store, schema or query did not issue. */
export class InvalidCursorError extends errorClass("invalid_cursor") {}
/** A function that has to answer at once (`filter`, `authorize.row`, the one of `sync.each`) returned a promise. */
export class AsynchronousFunctionError extends errorClass("asynchronous_function") {}
/** A subscription was asked to call a listener for an event that it does not have. */
export class UnknownEventError extends errorClass("unknown_event") {}
/** The subscription (or the Sync behind it) is closed. */
export class SubscriptionClosedError extends errorClass("subscription_closed") {}
/** A slow consumer overflowed its buffer under the policy "close". */
export class SubscriptionOverflowError extends errorClass("subscription_overflow") {}

// ---- the web ---------------------------------------------------------------------------------------------------

/** A browser asked for a query that the handler does not offer. */
export class UnknownQueryError extends errorClass("unknown_query") {}
/** A function of a handler's queries threw at the parameters that a browser sent. */
export class InvalidParamsError extends errorClass("invalid_params") {}
/** A request to a handler is none that it understands. */
export class InvalidRequestError extends errorClass("invalid_request") {}
/** A request to a handler is larger than its limit. */
export class RequestTooLargeError extends errorClass("request_too_large") {}
/** A client has as many connections to a handler as it may have. */
export class ConnectionLimitError extends errorClass("connection_limit") {}
/** A connection has as many subscriptions as it may have. */
export class SubscriptionLimitError extends errorClass("subscription_limit") {}
/** A request is for a connection that this process does not have: it was closed, or another process has it. */
export class UnknownConnectionError extends errorClass("unknown_connection") {}

// ---- the command line ------------------------------------------------------------------------------------------

/** A command line that cannot be carried out: an unknown verb or flag, a missing or surplus argument. */
export class UsageError extends errorClass("cli_usage") {}
/** The configuration of the `plinth` command is missing, cannot be loaded, or has the wrong shape. */
export class ConfigError extends errorClass("cli_config") {}
/** There is no store at the path that the command was given, and it does not make one. */
export class StoreNotFoundError extends errorClass("store_not_found") {}
/** A destructive verb was not confirmed. */
export class NotConfirmedError extends errorClass("cli_not_confirmed") {}
/** `plinth new` was given a folder that holds something; nothing was written. */
export class FolderNotEmptyError extends errorClass("cli_folder_not_empty") {}
/** The URL given to `plinth watch` does not answer with `sync.inspect()`. */
export class InspectionError extends errorClass("cli_inspection") {}
/** A tenant cannot be copied into another store, or what was written there reads back differently. */
export class CopyError extends errorClass("copy_refused") {}
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

/** An option does not exist, or has a value that cannot work: of a Repo, or of what a handler's `watch` returns. */
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
  /** The source of the records. */
  readonly source: string;
  /** The index's name. */
  readonly index: string;
  /** The fields that would be unique together. */
  readonly fields: readonly string[];
  /** The keys of two records that have the same values. */
  readonly rows: readonly (readonly unknown[])[];
  /** All such pairs that were found, up to a hundred. */
  readonly duplicates: readonly (readonly (readonly unknown[])[])[];

  constructor(
    source: string,
    index: string,
    fields: readonly string[],
    duplicates: readonly (readonly (readonly unknown[])[])[],
  ) {
    const [rows = []] = duplicates;
    const named = rows.map((row) => row.map(String).join(", ")).join(" and ");
    const more =
      duplicates.length > 1 ? ` (and ${duplicates.length - 1} more pairs; plinth status lists them)` : "";
    super(
      UniqueBuildError.code,
      `The unique index "${index}" cannot be built: the records ${named} of "${source}" have the same ` +
        `${fields.join(", ")}${more}. Change or delete one of them, then: plinth migrate --retry; until then the index ` +
        "does not exist, and nothing is kept unique.",
    );
    this.source = source;
    this.index = index;
    this.fields = fields;
    this.rows = rows;
    this.duplicates = duplicates;
  }
}
