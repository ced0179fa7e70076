import { describe, expect, test } from "@jest/globals";
import { loadNative } from "../../lib/engine/foundationdb/load-native.js";
import { openFoundationDB } from "../../lib/engine/foundationdb/open-foundationdb.js";
import {
  errorNames,
  isMaybeCommitted,
  isRetryable,
  isRetryableNotCommitted,
} from "../../lib/engine/port/error-codes.js";

/** Only where the package, the client library and a cluster are installed: `PLINTH_TEST_URL=fdb: npm test`. */
const url = process.env.PLINTH_TEST_URL;
const onCluster = url?.startsWith("fdb:") ? describe : describe.skip;

/** `FDBErrorPredicate` of the C client. */
const predicates = [
  [50_000, isRetryable],
  [50_001, isMaybeCommitted],
  [50_002, isRetryableNotCommitted],
] as const;
/** Granules of blob storage, which nothing here reads: `onError` retries them, the predicate leaves them out. */
const BLOB_GRANULE_REQUEST_FAILED = 1079;

onCluster("the installed client library", () => {
  test("judges errors as the table of codes does", async () => {
    const engine = await openFoundationDB(url as string);
    const native = loadNative();
    for (const code of errorNames.keys()) {
      if (code === BLOB_GRANULE_REQUEST_FAILED) continue;
      for (const [predicate, own] of predicates) {
        expect([code, predicate, native.errorPredicate(predicate, code)]).toEqual([
          code,
          predicate,
          own(code),
        ]);
      }
    }
    await engine.close();
  });
});
