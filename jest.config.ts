/** @jest-config-loader esbuild-register */
import type { Config } from "jest";

/** What stands in for the embedded engine where a spec opens "memory:". */
const storeOf = (file: string): Record<string, string> => ({
  "^\\./embedded/index\\.js$": `<rootDir>/spec/support/${file}`,
});

/** PLINTH_TEST_URL: `late:SEED` for answers that overtake each other, else a store in which each spec has its own range. */
const url = process.env.PLINTH_TEST_URL;
const store =
  url === undefined ? {} : storeOf(url.startsWith("late:") ? "late-memory.ts" : "memory-on-cluster.ts");

type Project = Exclude<NonNullable<Config["projects"]>[number], string>;

/** Specs run as native ES modules, as the package does: a schema cycle that ESM forbids fails here too. */
const project = (testMatch: string[], otherStore: Record<string, string>) => ({
  testEnvironment: "node",
  roots: ["<rootDir>/spec"],
  testMatch,
  testPathIgnorePatterns: [
    // These need a Chromium; `npm run test:browser` asks for them.
    ...(process.env.PLINTH_BROWSER ? [] : ["/spec/browser/"]),
    // These end processes on a store of their own, or count what is left of the heap.
    ...(url?.startsWith("late:") ? ["/spec/.*(kill|crash|leaks)\\.spec\\.ts$"] : []),
  ],
  extensionsToTreatAsEsm: [".ts"],
  moduleNameMapper: {
    ...otherStore,
    "^(\\.{1,2}/.*)\\.js$": "$1",
    "^plinth$": "<rootDir>/lib/index.ts",
    "^plinth/(.*)$": "<rootDir>/lib/$1/index.ts",
  },
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      {
        jsc: {
          parser: { syntax: "typescript", decorators: true },
          target: "es2022",
          keepClassNames: true,
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
        },
        module: { type: "es6" },
      },
    ],
  },
});

const everything = project(["**/*.spec.ts"], store);
/** The part of `npm run test:late` that every run has. */
const late = {
  ...project(
    ["**/spec/layer/log.spec.ts", "**/spec/repo/writes.spec.ts", "**/spec/sync/subscription.spec.ts"],
    storeOf("late-memory.ts"),
  ),
  displayName: "late",
};

const config: Config = {
  // One more than the cores of a small machine: a part of the specs wait for processes, timers and flushes.
  maxWorkers: 3,
  // Modules of finished specs are never freed; a worker that has gathered many spends its time collecting garbage.
  workerIdleMemoryLimit: "1GB",
  testTimeout: 120_000,
};

export default async (): Promise<Config> => {
  if (url !== undefined) return { ...config, projects: [everything] };
  const { oneModule } = await import("./spec/support/one-module.mjs");
  // The workers read it in the resolver.
  process.env.PLINTH_ONE_MODULE = await oneModule();
  const one: Project = {
    ...everything,
    resolver: "<rootDir>/spec/support/one-module-resolver.cjs",
    transform: { ...everything.transform, "/all\\.mjs$": "<rootDir>/spec/support/one-module-transform.cjs" },
  };
  return { ...config, projects: [one, late] };
};
