import { from, type Sync } from "../../../lib/index.js";
import { Account, owners, total } from "./bank.js";

type Value = Readonly<Record<string, unknown>>;
type Accounts = readonly Account[];

const sum = (accounts: Accounts): number => accounts.reduce((all, { balance }) => all + balance, 0);
const ids = (accounts: Accounts): string =>
  accounts
    .map(({ id }) => id)
    .sort((a, b) => a - b)
    .join();
const flat = (lists: unknown): Accounts => (lists as readonly Accounts[]).flat();

/** Five labels that show every account once, each in another way. */
export const fiveLabels = (sync: Sync) => ({
  all: sync.all(from(Account).orderBy("balance")),
  count: sync.count(Account),
  poor: sync.all(from(Account).where({ balance: { lt: 100 } })),
  rich: sync.all(
    from(Account)
      .where({ balance: { gte: 100 } })
      .orderBy({ balance: "desc" }),
  ),
  each: sync.each(sync.all(from(Account).select("id"), { on: "collection" }), (id) => sync.one(Account, id)),
});

/** Five more: lists by owner, a window from both ends, and lists of lists. */
export const byOwner = (sync: Sync) => ({
  owned: sync.each(sync.all(from(Account).select("owner")), (owner) => sync.allBy(Account, { owner })),
  ...Object.fromEntries(owners.map((owner) => [owner, sync.allBy(Account, { owner })])),
});

/** The halves of the accounts by balance, as far as there are so few of them that two windows show them all. */
export const windows = (sync: Sync) => ({
  count: sync.count(Account),
  first: sync.all(from(Account).orderBy("balance").limit(12)),
  last: sync.all(from(Account).orderBy({ balance: "desc" }).limit(12)),
  rest: sync.count(from(Account).where({ balance: { lt: 0 } })),
  ones: sync.many(Account, [0, 5, 10, 15]),
});

/** What is off in a value of `fiveLabels`, `byOwner` or `windows`; undefined when nothing is. */
export function fault(value: Value): string | undefined {
  if ("all" in value) return faultOfFive(value);
  return "owned" in value ? faultOfOwners(value) : faultOfWindows(value);
}

function faultOfFive(value: Value): string | undefined {
  const { all, poor, rich, each, count } = value as Record<string, Accounts> & { count: unknown };
  if (sum(all!) !== total) return `all: ${sum(all!)}`;
  if (count !== all!.length) return `count: ${count} of ${all!.length}`;
  if (sum(poor!) + sum(rich!) !== total) return `poor and rich: ${sum(poor!)} + ${sum(rich!)}`;
  if (ids([...poor!, ...rich!]) !== ids(all!)) return `poor and rich are others than all`;
  if (sum(each!) !== total || ids(each!) !== ids(all!)) return `each: ${sum(each!)}`;
  return undefined;
}

function faultOfOwners(value: Value): string | undefined {
  const { owned, ...lists } = value as Record<string, Accounts>;
  const accounts = Object.values(lists).flat();
  if (sum(accounts) !== total) return `by owner: ${sum(accounts)}`;
  for (const [owner, list] of Object.entries(lists))
    if (list.some((account) => account.owner !== owner)) return `an account of another owner with ${owner}`;
  // An owner's list comes once for each account of it.
  const squares = Object.values(lists).reduce((all, list) => all + list.length * sum(list), 0);
  return sum(flat(owned)) === squares ? undefined : `lists of lists: ${sum(flat(owned))}, not ${squares}`;
}

function faultOfWindows(value: Value): string | undefined {
  const { first, last, ones } = value as Record<string, Accounts>;
  const count = value.count as number;
  const known = new Map([...first!, ...last!].map((account) => [account.id, account]));
  if (count <= 24 && known.size !== count) return `windows: ${known.size} of ${count}`;
  if (count <= 24 && sum([...known.values()]) !== total) return `windows: ${sum([...known.values()])}`;
  if (
    count < 24 &&
    first!.filter(({ balance }) => balance < 0).length !== value.rest &&
    (value.rest as number) <= 12
  )
    return `below zero: ${String(value.rest)}`;
  for (const one of ones!)
    if ((known.get(one.id)?.balance ?? one.balance) !== one.balance)
      return `one and window differ: ${one.id}`;
  return undefined;
}
