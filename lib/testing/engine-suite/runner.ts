/** What the suite needs of a test runner, and how the suite is given an engine. */

import type { Engine } from "../../engine/index.js";

/** The part of a test runner that the suite uses; Jest, Vitest and others have it under these names. */
export interface Runner {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => Promise<void> | void): void;
  beforeAll(body: () => Promise<void> | void): void;
  afterAll(body: () => Promise<void> | void): void;
  expect(actual: unknown): Matchers;
}

export interface Matchers {
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
}

export interface EngineSuiteOptions extends Runner {
  /** Shown in the names of the tests. */
  readonly name: string;
  /** Opens the engine under test; called once. */
  open(): Promise<Engine>;
  /** Keys that the tests may clear and write. Default: a prefix of the run's own. */
  readonly prefix?: Uint8Array;
}
