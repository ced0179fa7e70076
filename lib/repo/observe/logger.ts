/** The logger that a Repo takes: pino's, or one with the same four methods. */

/** A logger in pino's shape: an object of facts, then a message. */
export interface Logger {
  /** Every call, unless its option `log` says otherwise, and transactions that run again. */
  debug(facts: object, message: string): void;
  /** Calls whose option `log` says so. */
  info(facts: object, message: string): void;
  /** What an operator should look at: indexes that could not be built, transactions that go on being refused. */
  warn(facts: object, message: string): void;
  /** What nobody else hears of, such as an error of `afterCommit`. */
  error(facts: object, message: string): void;
}
