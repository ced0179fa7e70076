/** Prints the sizes of an embedded store. */

import { type Engine, storeStat } from "../../engine/index.js";
import { UsageError } from "../../errors.js";
import { ExitCode } from "../command/index.js";
import { bytes, count, type Output, plural } from "../output/index.js";

/** @throws UsageError for a cluster */
export async function showStore(out: Output, engine: Engine): Promise<ExitCode> {
  const stat = await storeStat(engine);
  if (stat === undefined)
    throw new UsageError(`${engine.url} is no embedded store; a cluster tells its own: fdbcli --exec status`);
  out.result({ store: { url: engine.url, ...stat } });
  out.line(`${engine.url}`);
  out.line(`  data file      ${bytes(stat.bytes)}, of which ${bytes(stat.freeBytes)} free`);
  out.line(`  journal        ${bytes(stat.journalBytes)}`);
  out.line(`  oldest reader  ${plural(stat.oldestReader, "writes")} behind`);
  out.line(`  in memory      ${plural(stat.keysInMemory, "keys")}`);
  out.line(`  newest commit  ${count(stat.newest)}`);
  return ExitCode.ok;
}
