/** FoundationDB's error codes: their names, and after which of them a transaction may run again. */

/** Names of FoundationDB's error codes that an application can meet. */
export const errorNames: ReadonlyMap<number, string> = new Map([
  [1000, "operation_failed"],
  [1004, "timed_out"],
  [1007, "transaction_too_old"],
  [1009, "future_version"],
  [1020, "not_committed"],
  [1021, "commit_unknown_result"],
  [1022, "commit_unknown_result_fatal"],
  [1025, "transaction_cancelled"],
  [1031, "transaction_timed_out"],
  [1032, "too_many_watches"],
  [1034, "watches_disabled"],
  [1036, "accessed_unreadable"],
  [1037, "process_behind"],
  [1038, "database_locked"],
  [1039, "cluster_version_changed"],
  [1042, "commit_proxy_memory_limit_exceeded"],
  [1051, "batch_transaction_throttled"],
  [1078, "grv_proxy_memory_limit_exceeded"],
  [1079, "blob_granule_request_failed"],
  [1100, "broken_promise"],
  [1101, "operation_cancelled"],
  [1213, "tag_throttled"],
  [1223, "proxy_tag_throttled"],
  [1500, "platform_error"],
  [1510, "io_error"],
  [1511, "file_not_found"],
  [1515, "no_cluster_file_found"],
  [2000, "client_invalid_operation"],
  [2002, "commit_read_incomplete"],
  [2003, "test_specification_invalid"],
  [2004, "key_outside_legal_range"],
  [2005, "inverted_range"],
  [2006, "invalid_option_value"],
  [2007, "invalid_option"],
  [2010, "read_version_already_set"],
  [2011, "version_invalid"],
  [2012, "range_limits_invalid"],
  [2017, "used_during_commit"],
  [2018, "invalid_mutation_type"],
  [2020, "transaction_invalid_version"],
  [2021, "no_commit_version"],
  [2023, "transaction_read_only"],
  [2025, "network_cannot_be_restarted"],
  [2101, "transaction_too_large"],
  [2102, "key_too_large"],
  [2103, "value_too_large"],
  [2108, "unsupported_operation"],
  [2109, "too_many_tags"],
  [2110, "tag_too_long"],
  [2112, "special_keys_cross_module_read"],
  [2113, "special_keys_no_module_found"],
  [2114, "special_keys_write_disabled"],
  [2200, "api_version_unset"],
  [2201, "api_version_already_set"],
  [2203, "api_version_not_supported"],
  [2210, "exact_mode_without_limits"],
  [4000, "unknown_error"],
  [4100, "internal_error"],
]);

const notCommitted = new Set([1007, 1009, 1020, 1037, 1038, 1042, 1051, 1078, 1213, 1223]);
const maybeCommitted = new Set([1021, 1039]);

/** The commit may have happened (`FDB_ERROR_PREDICATE_MAYBE_COMMITTED`). */
export const isMaybeCommitted = (code: number): boolean => maybeCommitted.has(code);

/** Safe to run again: the transaction certainly did not commit (`…_RETRYABLE_NOT_COMMITTED`). */
export const isRetryableNotCommitted = (code: number): boolean => notCommitted.has(code);

/** `onError` runs the transaction again (`…_RETRYABLE`). */
export const isRetryable = (code: number): boolean =>
  notCommitted.has(code) || maybeCommitted.has(code) || code === 1079;
