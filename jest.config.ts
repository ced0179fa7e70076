/** @jest-config-loader esbuild-register */
import type { Config } from "jest";

/** With PLINTH_TEST_URL, specs that open "memory:" run on that store, each in a range of its own. */
const otherStore: Record<string, string> =
  process.env.PLINTH_TEST_URL === undefined
    ? {}
    : { "^\\./embedded/index\\.js$": "<rootDir>/spec/support/memory-on-cluster.ts" };

/** Specs run as native ES modules, as the package does: a schema cycle that ESM forbids fails here too. */
const config: Config = {
  testEnvironment: "node",
  roots: ["<rootDir>/spec"],
  testMatch: ["**/*.spec.ts"],
  // These need a Chromium; `npm run test:browser` asks for them.
  testPathIgnorePatterns: process.env.PLINTH_BROWSER ? [] : ["/spec/browser/"],
  extensionsToTreatAsEsm: [".ts"],
  maxWorkers: 2,
  testTimeout: 120_000,
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
};

export default config;
