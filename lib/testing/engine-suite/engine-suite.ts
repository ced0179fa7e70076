/** The suite of tests that every engine passes. */

import type { Engine } from "../../engine/index.js";
import { conflictTests } from "./conflicts.js";
import { lifeCycleTests } from "./life-cycle.js";
import { ownWriteTests } from "./own-writes.js";
import { readTests } from "./reads.js";
import { retryLoopTests } from "./retry-loop.js";
import type { EngineSuiteOptions } from "./runner.js";
import { Scope, type SuiteContext } from "./scope.js";
import { versionstampTests } from "./versionstamps.js";
import { watchTests } from "./watches.js";

/**
 * Declares the tests that every engine passes: FoundationDB's client contract as `Engine` states it.
 *
 * The tests write below `prefix` and clean up after themselves, so they may run on a cluster with data.
 *
 * @example
 * import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
 * engineSuite({ name: "mine", open: () => openMine(), describe, test, beforeAll, afterAll, expect });
 */
export function engineSuite(options: EngineSuiteOptions): void {
  const prefix = options.prefix ?? Buffer.from(`plinth-suite/${process.pid}/${Date.now()}/`);
  let engine: Engine | undefined;
  const context: SuiteContext = {
    describe: options.describe,
    test: options.test,
    beforeAll: options.beforeAll,
    afterAll: options.afterAll,
    expect: options.expect,
    scoped(name, body) {
      options.test(name, async () => {
        const scope = new Scope(engine!, prefix);
        try {
          await body(scope);
        } finally {
          await scope.clear();
        }
      });
    },
  };
  options.describe(`engine suite: ${options.name}`, () => {
    options.beforeAll(async () => {
      engine = await options.open();
    });
    options.afterAll(async () => {
      await engine?.close();
    });
    readTests(context);
    ownWriteTests(context);
    conflictTests(context);
    versionstampTests(context);
    watchTests(context);
    lifeCycleTests(context);
    retryLoopTests(context);
  });
}
