/** Ends a transaction without committing it; never reaches the caller. */
export class RolledBack {
  constructor(readonly value: unknown) {}
}
