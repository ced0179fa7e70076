/** Copies a store into another one and is gone, without a word to either, once it has told of so much progress. */
import { copyStore } from "../../../lib/cli/copy/copy-store.js";
import { openEngine } from "../../../lib/engine/index.js";

const [source, target, looks] = process.argv.slice(2) as [string, string, string];
const [from, to] = await Promise.all([openEngine(source), openEngine(target)]);
let seen = 0;
const onProgress = (): void => {
  if (++seen === Number(looks)) process.kill(process.pid, "SIGKILL");
};
for await (const _ of copyStore(from, to, { onProgress })) process.stdout.write("copied\n");
