/** The exit codes of the `plinth` command. */

/** What the `plinth` command returns to the shell. */
export const ExitCode = Object.freeze({
  /** Done. */
  ok: 0,
  /** An operation failed; stderr says which and why. */
  failed: 1,
  /** Unknown verb or flag, a missing or surplus argument. */
  usage: 2,
  /** `check` found differences that it did not repair, or `verify` found damage. */
  inconsistent: 3,
  /** A destructive verb was not confirmed. */
  notConfirmed: 4,
  /** No configuration, or one that cannot be loaded. */
  config: 5,
  /** Stopped by Ctrl-C or SIGTERM; what was committed stays. */
  interrupted: 130,
});

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
