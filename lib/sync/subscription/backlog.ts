/** The measure of what waits for slow readers. */

export interface Backlog {
  readonly transitions: number;
  readonly bytes: number;
  /** Milliseconds for which the oldest transition has been waiting. */
  readonly ageMs: number;
}

export const noBacklog: Backlog = Object.freeze({ transitions: 0, bytes: 0, ageMs: 0 });
