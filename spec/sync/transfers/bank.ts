import {
  change,
  create,
  Field,
  index,
  Migration,
  metadata,
  PrimaryKey,
  type Repo,
  Schema,
  type Tenant,
} from "../../../lib/index.js";
import type { Random } from "../runs.js";

@Schema("accounts")
export class Account {
  @PrimaryKey("integer") declare id: number;
  @Field("string") declare owner: string;
  @Field("integer") declare balance: number;
}

export class Bank extends Migration {
  change() {
    return [
      create(metadata(Account)),
      create(metadata(Account, ["owner"])),
      create(index(Account, ["balance"])),
      create(index(Account, ["owner", "balance"])),
    ];
  }
}

export const owners = ["ann", "bob", "cy", "dan"] as const;
/** Accounts there are at least; up to twice as many are open at times. */
const fewest = 16;
export const total = fewest * 100;

export async function openAccounts(repo: Repo, tenant: Tenant): Promise<void> {
  const rows = Array.from({ length: fewest }, (_, id) => ({ id, owner: owners[id % 4]!, balance: 100 }));
  await repo.insertAll(Account, rows, { tenant });
}

const pay = async (tx: Repo, account: Account, amount: number): Promise<unknown> =>
  tx.update(change(account, { balance: account.balance + amount }));

/** Moves money between accounts in one transaction: two, three, into one that is opened, out of one that is closed. */
export function transfer(repo: Repo, tenant: Tenant, next: Random): Promise<void> {
  const ids = new Set([next(fewest), next(fewest), next(fewest)]);
  const extra = fewest + next(fewest);
  const kind = next(10);
  const amount = next(300) - 100;
  return repo.transactional(tenant, async (tx) => {
    const accounts = await Promise.all([...ids].map((id) => tx.getOrThrow(Account, id)));
    const [a, b = a, c = b] = accounts as [Account, Account?, Account?];
    if (kind < 7 && a !== b) await Promise.all([pay(tx, a, -amount), pay(tx, b, amount)]);
    else if (kind < 8 && a !== b && b !== c)
      await Promise.all([pay(tx, a, -2 * amount), pay(tx, b, amount), pay(tx, c, amount)]);
    else if (kind === 8) {
      // The owner moves too, so lists by owner give and take in the same commit.
      const owner = owners[next(4)]!;
      await Promise.all([
        tx.update(change(a, { owner, balance: a.balance - amount })),
        tx.get(Account, extra),
      ]);
      const known = await tx.get(Account, extra);
      if (known === null) await tx.insert(Account, { id: extra, owner, balance: amount });
      else await pay(tx, known, amount);
    } else {
      const known = await tx.get(Account, extra);
      if (known === null) return;
      await tx.delete(known);
      await pay(tx, a, known.balance);
    }
  });
}
