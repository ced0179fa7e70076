/** `npm run bench -- NAME...`: runs `bench/NAME.ts`, prints its tables and, at full size, writes `bench/results/NAME.md`. */
import { Report } from "./harness/report.js";

const names = process.argv.slice(2);
if (names.length === 0) {
  console.error("usage: npm run bench -- NAME...   (a file of bench/, for example: engine)");
  process.exit(2);
}
for (const name of names) {
  if (!/^[a-z-]+$/.test(name)) throw new Error(`${JSON.stringify(name)} is not the name of a benchmark.`);
  const { default: run } = (await import(`./${name}.js`)) as { default: (report: Report) => Promise<void> };
  const report = new Report(name);
  await run(report);
  // What runs at sizes of its own is no result to keep.
  if (!Object.keys(process.env).some((key) => key.startsWith("PLINTH_"))) report.write();
}
