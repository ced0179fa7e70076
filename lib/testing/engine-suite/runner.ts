/** What the suite needs of a test runner, and how the suite is given an engine. */

import type { Engine } from "../../engine/index.js";

/** The part of a test runner that the suite uses; Jest, Vitest and others have it under these names. */
export interface Runner {
  /** Groups tests. */
  describe(name: string, body: () => void): void;
  /** One test. */
  test(name: string, body: () => Promise<void> | void): void;
  /** Runs before the tests of a group. */
  beforeAll(body: () => Promise<void> | void): void;
  /** Runs after the tests of a group. */
  afterAll(body: () => Promise<void> | void): void;
  /** Begins a comparison. */
  expect(actual: unknown): Matchers;
}

/** The comparisons that the suite makes. */
export interface Matchers {
  /** The same value, as `Object.is` has it. */
  toBe(expected: unknown): void;
  /** Equal to any depth. */
  toEqual(expected: unknown): void;
}

/** What `engineSuite` takes: a test runner, and the engine under test. */
export interface EngineSuiteOptions extends Runner {
  /** Shown in the names of the tests. */
  readonly name: string;
  /** Opens the engine under test; called once. */
  open(): Promise<Engine>;
  /** Keys that the tests may clear and write. Default: a prefix of the run's own. */
  readonly prefix?: Uint8Array;
}
