import { type Engine, EngineError } from "plinth/engine";

/** What the store did since the server started. */
export interface Counts {
  /** Transactions that wrote and committed. */
  readonly commits: number;
  /** How often such a transaction tried to commit. */
  readonly attempts: number;
  /** Attempts that lost to another transaction and ran again. */
  readonly conflicts: number;
}

/** FoundationDB's code for a commit that was refused because something it had read was changed meanwhile. */
const notCommitted = 1020;

/** Counts the commits of an engine. Those that only read do not count: they cannot fail. */
export function meter(engine: Engine): { readonly engine: Engine; readonly counts: () => Counts } {
  let [commits, conflicts] = [0, 0];
  const metered: Engine = {
    kind: engine.kind,
    url: engine.url,
    begin(defaults) {
      const tx = engine.begin(defaults);
      const commit = tx.commit.bind(tx);
      tx.commit = async () => {
        try {
          await commit();
        } catch (error) {
          if (error instanceof EngineError && error.fdbCode === notCommitted) conflicts++;
          throw error;
        }
        if (tx.getCommittedVersion() >= 0n) commits++;
      };
      return tx;
    },
    close: () => engine.close(),
  };
  return { engine: metered, counts: () => ({ commits, attempts: commits + conflicts, conflicts }) };
}
