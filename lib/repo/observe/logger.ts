/** The logger that a Repo takes: pino's, or one with the same four methods. */

/** A logger in pino's shape: an object of facts, then a message. */
export interface Logger {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}
