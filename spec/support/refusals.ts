/** Why the transactions of an engine ran again. */

import type { Engine, EngineError } from "../../lib/engine/index.js";

/**
 * The codes that `engine` refuses transactions with from now on. A spec that counts attempts looks here for conflicts
 * (1020): on a machine that gets no turn for five seconds, a transaction runs again for its age (1007).
 */
export function refusals(engine: Engine): readonly number[] {
  const codes: number[] = [];
  const begin = engine.begin.bind(engine);
  engine.begin = (defaults) => {
    const tx = begin(defaults);
    const onError = tx.onError.bind(tx);
    tx.onError = (error: EngineError) => {
      codes.push(error.fdbCode);
      return onError(error);
    };
    return tx;
  };
  return codes;
}
