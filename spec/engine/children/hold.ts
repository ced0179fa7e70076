/** Opens a store and holds it until it is killed. */
import { openEngine } from "../../../lib/engine/index.js";

await openEngine(`embedded:${process.argv[2]}`);
process.stdout.write("open\n");
setInterval(() => undefined, 1000);
