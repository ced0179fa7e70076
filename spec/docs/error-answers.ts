/** Whether the same call may succeed: with nothing changed, after a change of input or of what is stored, or not at all. */
export type Retry = "yes" | "after change" | "no";

/** What a server answers with when it lets an error through, and whether to call again. */
export type Answer = readonly [http: number | undefined, retry: Retry];

/** Every error's answer by its class: the one place where it is said, and goes before the rule of a section. */
export const answers: Readonly<Record<string, Answer>> = {
  // engines
  EngineUnavailableError: [503, "yes"],
  InvalidUrlError: [500, "no"],
  EngineClosedError: [503, "no"],
  StoreLockedError: [503, "yes"],
  StoreCorruptError: [500, "no"],
  BackupError: [500, "after change"],
  StoreFullError: [507, "yes"],
  StoreIoError: [500, "no"],
  StoreOptionsError: [500, "no"],
  StoreUnavailableError: [503, "after change"],
  // transactions
  TransactionConflictError: [503, "yes"],
  TransactionTimeoutError: [504, "after change"],
  CommitUnknownError: [503, "after change"],
  TransactionTooOldError: [500, "no"],
  TransactionDeadlockError: [500, "no"],
  MultiFailedError: [500, "no"],
  OutstandingCallsError: [500, "no"],
  TooManyKeysError: [413, "after change"],
  SnapshotExpiredError: [503, "after change"],
  ReadOnlyRepoError: [403, "after change"],
  JobError: [500, "no"],
  TransactionTooLargeError: [413, "after change"],
  KeyTooLargeError: [422, "after change"],
  ValueTooLargeError: [422, "after change"],
  // tuples, directories, tenants
  DirectoryError: [409, "after change"],
  TenantNotFoundError: [404, "after change"],
  TenantExistsError: [409, "after change"],
  TenantGoneError: [410, "after change"],
  InvalidTenantIdError: [400, "after change"],
  // schemas and values
  InvalidValueError: [400, "after change"],
  UnknownFieldError: [400, "after change"],
  RequiredFieldError: [422, "after change"],
  NotWritableError: [422, "after change"],
  NoPrimaryKeyValueError: [400, "after change"],
  PrimaryKeyChangeError: [422, "after change"],
  // changesets and records
  ChangesetError: [500, "no"],
  ChangeError: [422, "after change"],
  InvalidChangesetError: [422, "after change"],
  ConstraintError: [409, "after change"],
  NoResultsError: [404, "after change"],
  MultipleResultsError: [500, "after change"],
  StaleEntryError: [409, "after change"],
  // queries, migrations, sync
  UnsupportedQueryError: [500, "no"],
  MissingIndexError: [500, "no"],
  CascadeTooLargeError: [409, "after change"],
  InvalidQueryError: [400, "after change"],
  MigrationError: [500, "no"],
  MetadataRequiredError: [500, "no"],
  InvalidCursorError: [400, "after change"],
  SubscriptionClosedError: [503, "after change"],
  SubscriptionOverflowError: [503, "after change"],
  MigrationMismatchError: [500, "no"],
  UnfinishedImportError: [409, "after change"],
  TenantMovedError: [410, "after change"],
  AsynchronousFunctionError: [500, "no"],
  UnknownEventError: [500, "no"],
  // the web
  UnknownQueryError: [404, "after change"],
  InvalidParamsError: [400, "after change"],
  InvalidRequestError: [400, "after change"],
  RequestTooLargeError: [413, "after change"],
  ConnectionLimitError: [429, "yes"],
  SubscriptionLimitError: [429, "after change"],
  UnknownConnectionError: [404, "after change"],
  // the command line
  UsageError: [undefined, "after change"],
  NotConfirmedError: [undefined, "after change"],
  FolderNotEmptyError: [undefined, "after change"],
  InspectionError: [undefined, "yes"],
  ImportError: [undefined, "after change"],
  CopyError: [undefined, "after change"],
  // constraints of the store
  PrimaryKeyExistsError: [409, "after change"],
  UniqueViolationError: [409, "after change"],
  // repositories
  RepoClosedError: [503, "no"],
  UniqueBuildError: [500, "after change"],
};

/**
 * Rules for the sections of `lib/errors.ts` in which most errors are the program's own mistakes. What is in another section
 * needs a line above.
 */
export const ofSection: Readonly<Record<string, Answer>> = {
  "the package": [500, "no"],
  "tuples, directories, tenants": [500, "no"],
  "schemas and values": [500, "no"],
  "the command line": [undefined, "no"],
  repositories: [500, "no"],
};
