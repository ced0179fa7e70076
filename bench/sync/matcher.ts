import { astOf, from } from "../../lib/query/index.js";
import { encodingOf } from "../../lib/query/words/encoding.js";
import { schemaOf } from "../../lib/schema/index.js";
import { Matcher, type FieldBytes as ValueOf } from "../../lib/sync/log/matcher.js";
import { testsOf } from "../../lib/sync/log/query-tests.js";
import { latin1 } from "../../lib/sync/log/row-key.js";
import { quantile } from "../harness/measure.js";
import type { Report } from "../harness/report.js";
import type { Targets } from "../harness/targets.js";
import { Post } from "./plinth.js";

const CHANGES = 20_000;
const ROUNDS = 3;
const info = schemaOf(Post);
const byOwner = (i: number) => from(Post).where({ owner: `q${i}` });
const byRank = (i: number) => from(Post).where({ rank: { gte: i * 10, lt: i * 10 + 10 } });

type Values = Readonly<Record<string, unknown>>;

/** Row changes a second through the matcher: each is an update that leaves one query and enters another. */
function measure(query: typeof byOwner | typeof byRank, queries: number): number {
  const matcher = new Matcher<number>();
  for (let i = 0; i < queries; i++) matcher.add(i, testsOf(astOf(query(i)), info as never), () => true);
  const state = (i: number): Values => ({ owner: `q${i % queries}`, rank: (i % queries) * 10 });
  const states = Array.from({ length: CHANGES + 1 }, (_, i) => state(i * 7919));
  const valuesOf =
    (row: Values): ValueOf =>
    (field) =>
      latin1(encodingOf(info as never, field).bytes(row[field]));
  const found = new Set<number>();
  const started = performance.now();
  for (let i = 0; i < CHANGES; i++) {
    found.clear();
    matcher.candidates(valuesOf(states[i]!), found);
    matcher.candidates(valuesOf(states[i + 1]!), found);
    if (found.size !== 2) throw new Error(`${found.size} queries were found for a change of two.`);
  }
  return CHANGES / ((performance.now() - started) / 1000);
}

/** The matcher alone, without reading, evaluating or telling. */
export function matcherAlone(report: Report, targets: Targets): void {
  const sizes = [1000, 10_000, 100_000];
  const table = sizes.map((queries) => {
    const of = (query: typeof byOwner | typeof byRank) =>
      quantile(
        Array.from({ length: ROUNDS }, () => measure(query, queries)),
        0.5,
      );
    return [queries, of(byOwner), of(byRank)];
  });
  const slowest = Math.min(...table.flatMap(([, ...rates]) => rates));
  targets.atLeast("row changes a second through the matcher, up to 100,000 queries", 10_000, slowest);
  const head = ["queries", "by equality, row changes a second", "by range, row changes a second"];
  report.table("The matcher alone", head, table);
}
