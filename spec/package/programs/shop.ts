/** A program as users write it: two schemas that know each other, a migration, a changeset, and a live query. */
import {
  BelongsTo,
  cast,
  create,
  Field,
  from,
  HasMany,
  InsertedAt,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
} from "plinth";

@Schema("customers")
export class Customer {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare name: string;
  @HasMany(() => Order, "customerId") declare orders: HasMany<Order>;

  static changeset(customer: Customer | typeof Customer, params: unknown = {}) {
    return cast(customer, params, ["name"]).validateRequired(["name"]).validateLength("name", { max: 40 });
  }
}

@Schema("orders")
export class Order {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("binary_id") declare customerId: string;
  @BelongsTo(() => Customer, "customerId") declare customer: BelongsTo<Customer>;
  @Field("decimal") declare total: string;
  @Field({ array: "string" }, { default: () => [] }) declare tags: string[];
  @InsertedAt() declare insertedAt: Date;
}

export class Shop extends Migration {
  override change() {
    return [create(metadata(Order)), create(index(Order, ["customerId"]))];
  }
}

export async function shop(): Promise<string> {
  const repo = new Repo({ url: "memory:", storageId: "shop", migrations: [[1, Shop]] });
  const tenant = await Tenant.openOrCreate(repo, "acme");
  const ada = await repo.insert(Customer.changeset(Customer, { name: "Ada" }), { tenant });
  const sync = new Sync(repo);
  const page = await sync.subscribe(tenant, { orders: sync.all(from(Order).where({ customerId: ada.id })) });
  await repo.insert(Order, { customerId: ada.id, total: "12.50" }, { tenant });
  const told: string[] = [];
  for await (const transition of page) {
    if (transition.type !== "change") continue;
    for (const change of transition.changes.orders ?? []) {
      if (change.op !== "delete") told.push(`${change.op} ${change.row.total}`);
    }
    // @ts-expect-error rows of a live list are typed
    page.value.orders[0]?.totl;
    break;
  }
  const [order] = await repo.all(from(Order).preload("customer"), { tenant });
  const refused = await repo.tryInsert(Customer.changeset(Customer, { name: "" }), { tenant });
  await sync.close();
  await repo.close();
  return [
    ...told,
    order?.customer?.name,
    order?.total,
    refused.ok ? "" : refused.changeset.errors[0]?.field,
  ].join(", ");
}
