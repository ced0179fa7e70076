import { openEngine } from "../../lib/engine/index.js";
import { counter, create, index, migrateTenant } from "../../lib/migration/index.js";
import { openProcess, User } from "../layer/support.js";
import { migration, release } from "./support.js";

/** Migrates the tenant of a store and prints a line for each step; run and killed by crash.spec.ts. */
const engine = await openEngine(process.argv[2] as string);
const one = await openProcess(engine);
const all = migration(() => [
  create(index(User, ["name"])),
  create(counter(User)),
  create(counter(User, ["age"])),
]);
await migrateTenant(await release(one), one.tenant, [[1, all]], {
  stepBytes: 15_000,
  staleClaimMs: 100,
  onProgress: ({ rows }) => process.stdout.write(`${rows}\n`),
});
await engine.close();
