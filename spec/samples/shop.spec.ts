import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { from } from "plinth";
import { createApp } from "../../samples/shop/app.js";
import { Item } from "../../samples/shop/schemas/item.js";
import { Message } from "../../samples/shop/schemas/message.js";
import { Order } from "../../samples/shop/schemas/order.js";
import { openShops, type Shops } from "../../samples/shop/shops.js";
import { tokenOf, type User, userOf } from "../../samples/shop/users.js";

const secret = "of the specs";
const sent: { id: string; to: string; text: string }[] = [];
const failures: unknown[] = [];
/** Ends the next mail with an error, as a mailer that cannot be reached does. */
let mailerFails = false;
let shops: Shops;
let app: ReturnType<typeof createApp>;

beforeAll(async () => {
  const send = async (mail: (typeof sent)[number]) => {
    if (mailerFails) throw new Error("no mailer");
    sent.push(mail);
  };
  shops = openShops("memory:", { send }, (error) => failures.push(error));
  app = createApp(shops, secret);
  await Promise.all([shops.open("lantern"), shops.open("other")]);
});
afterAll(() => shops.close());

const staff: User = { id: "mara", shop: "lantern", role: "staff" };
const ines: User = { id: "ines", shop: "lantern", role: "customer" };
const okoro: User = { id: "okoro", shop: "lantern", role: "customer" };

async function call(user: User | null, method: string, path: string, body?: unknown, more: object = {}) {
  const answer = await app.request(path, {
    method,
    headers: {
      ...(user && { authorization: `Bearer ${tokenOf(user, secret)}` }),
      "content-type": "application/json",
      ...more,
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as unknown };
}

const newItem = async (attrs: object = {}) =>
  (await call(staff, "POST", "/lantern/items", { name: "Lamp", cents: 100, stock: 10, ...attrs }))
    .body as Item;
const stockOf = async (id: string) =>
  (await shops.repo.getOrThrow(Item, id, { tenant: await shops.open("lantern") })).stock;
const eventually = async (check: () => boolean | Promise<boolean>) => {
  for (let waits = 0; !(await check()); waits++) {
    if (waits > 2_000) throw new Error(`It never came: ${failures.join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

describe("who may do what", () => {
  test("nothing is answered without the token of a user of this shop", async () => {
    const forged = `${tokenOf(ines, secret).split(".")[0]}.${tokenOf(ines, "another secret").split(".")[1]}`;
    expect(userOf(`Bearer ${forged}`, "lantern", secret)).toBe(null);
    expect(userOf(`Bearer ${tokenOf(ines, secret)}`, "lantern", secret)).toEqual(ines);
    for (const [user, path] of [
      [null, "/lantern/items"],
      [ines, "/other/items"],
      [ines, "/nowhere/items"],
      [{ ...ines, shop: "other" }, "/lantern/orders"],
      [null, "/lantern/live"],
      [ines, "/other/live"],
    ] as const) {
      expect(await call(user, "GET", path)).toMatchObject({ status: 401, body: { code: "unauthorized" } });
    }
    expect(await call({ ...ines, shop: "nowhere" }, "GET", "/nowhere/items")).toMatchObject({ status: 404 });
  });

  test("customers change no item and ship no order", async () => {
    const { id } = await newItem();
    const before = await shops.repo.all(Item, { tenant: await shops.open("lantern") });
    for (const [method, path] of [
      ["POST", "/lantern/items"],
      ["PATCH", `/lantern/items/${id}`],
      ["DELETE", `/lantern/items/${id}`],
      ["POST", `/lantern/items/${id}/restore`],
      ["POST", "/lantern/orders/x/ship"],
    ] as const) {
      const body = method === "DELETE" ? undefined : { name: "Mine" };
      expect(await call(ines, method, path, body)).toMatchObject({
        status: 403,
        body: { code: "forbidden" },
      });
    }
    expect(await shops.repo.all(Item, { tenant: await shops.open("lantern") })).toEqual(before);
  });

  test("a customer sees his own orders, staff sees all, and another shop sees none", async () => {
    const { id } = await newItem();
    const order = (await call(ines, "POST", "/lantern/orders", { itemId: id, quantity: 1 })).body as Order;
    const ids = async (user: User, path = "/lantern/orders") =>
      ((await call(user, "GET", path)).body as { rows: Order[] }).rows.map((row) => row.id);
    expect(await ids(ines)).toContain(order.id);
    expect(await ids(staff)).toContain(order.id);
    expect(await ids(okoro)).not.toContain(order.id);
    expect(await ids({ ...staff, shop: "other" }, "/other/orders")).toEqual([]);
    expect((await call(ines, "GET", `/lantern/orders/${order.id}`)).status).toBe(200);
    expect(await call(okoro, "GET", `/lantern/orders/${order.id}`)).toMatchObject({
      status: 404,
      body: { code: "no_order" },
    });
  });
});

describe("what comes from outside", () => {
  test.each<[string, unknown, number, object]>([
    [
      "no name and no price",
      { stock: 1 },
      422,
      { errors: { name: expect.anything(), cents: expect.anything() } },
    ],
    ["a price of nothing", { name: "x", cents: 0 }, 422, { errors: { cents: expect.anything() } }],
    ["a price that is text", { name: "x", cents: "many" }, 422, { errors: { cents: expect.anything() } }],
    ["no JSON", "{", 400, { code: "invalid_body" }],
    ["a list", [], 400, { code: "invalid_body" }],
    ["too much", { name: "x".repeat(20_000), cents: 1 }, 413, { code: "too_large" }],
  ])("%s is refused, field by field, and writes nothing", async (_what, body, status, said) => {
    const tenant = await shops.open("lantern");
    const before = (await shops.repo.all(Item, { tenant })).length;
    expect(await call(staff, "POST", "/lantern/items", body)).toMatchObject({ status, body: said });
    expect((await shops.repo.all(Item, { tenant })).length).toBe(before);
  });

  test("nobody says whose an order is, or what it costs", async () => {
    const { id } = await newItem({ cents: 250 });
    const asked = { itemId: id, quantity: 2, userId: "okoro", cents: 1, status: "shipped" };
    const { status, body } = await call(ines, "POST", "/lantern/orders", asked);
    expect([status, body]).toMatchObject([201, { userId: "ines", cents: 500, status: "open" }]);
  });

  test("errors have their status: unknown records, unknown addresses, cursors that are none", async () => {
    expect((await call(staff, "PATCH", "/lantern/items/none", { name: "x" })).body).toMatchObject({
      code: "no_results",
    });
    expect((await call(staff, "PATCH", `/lantern/items/${(await newItem()).id}`, { cents: -1 })).status).toBe(
      422,
    );
    expect((await call(staff, "GET", "/lantern/items?after=nonsense")).body).toMatchObject({
      code: "invalid_cursor",
    });
    expect((await call(staff, "GET", "/lantern/items?limit=0")).status).toBe(400);
    expect((await call(staff, "GET", "/lantern/nothing")).status).toBe(404);
  });
});

test("pages follow each other without a gap, by name, and a deleted item is hidden until it is restored", async () => {
  const created = [];
  for (const name of ["page b", "page a", "page d", "page c"]) created.push(await newItem({ name }));
  const names = async () => {
    const found: string[] = [];
    let after: string | null = "";
    while (after !== null) {
      const path: string = `/lantern/items?limit=2${after && `&after=${encodeURIComponent(after)}`}`;
      const page = (await call(ines, "GET", path)).body as { rows: Item[]; next: string | null };
      expect(page.rows.length).toBeLessThanOrEqual(2);
      found.push(...page.rows.map(({ name }) => name));
      after = page.next;
    }
    return found.filter((name) => name.startsWith("page"));
  };
  expect(await names()).toEqual(["page a", "page b", "page c", "page d"]);
  await call(staff, "DELETE", `/lantern/items/${created[0]!.id}`);
  expect(await names()).toEqual(["page a", "page c", "page d"]);
  expect(
    (await call(ines, "POST", "/lantern/orders", { itemId: created[0]!.id, quantity: 1 })).body,
  ).toMatchObject({
    errors: { itemId: ["is not for sale"] },
  });
  await call(staff, "POST", `/lantern/items/${created[0]!.id}/restore`);
  expect(await names()).toEqual(["page a", "page b", "page c", "page d"]);
});

describe("an order", () => {
  test("that comes again with its key is made once, and many at once are one", async () => {
    const { id } = await newItem();
    const body = { itemId: id, quantity: 2 };
    const again = () => call(ines, "POST", "/lantern/orders", body, { "idempotency-key": "k1" });
    const answers = await Promise.all([again(), again(), again()]);
    answers.push(await again());
    expect(new Set(answers.map((answer) => (answer.body as Order).id)).size).toBe(1);
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect(await stockOf(id)).toBe(8);
    const other = await call(
      ines,
      "POST",
      "/lantern/orders",
      { itemId: id, quantity: 3 },
      { "idempotency-key": "k1" },
    );
    expect(other).toMatchObject({ status: 422, body: { code: "key_reused" } });
    // The key of one customer is none of another's.
    expect((await call(okoro, "POST", "/lantern/orders", body, { "idempotency-key": "k1" })).status).toBe(
      201,
    );
    expect(await stockOf(id)).toBe(6);
    expect((await call(ines, "POST", "/lantern/orders", body, { "idempotency-key": "a b" })).status).toBe(
      400,
    );
  });

  test("never takes more than there is, however many come at once", async () => {
    const { id } = await newItem({ stock: 5 });
    const orders = Array.from({ length: 8 }, () =>
      call(ines, "POST", "/lantern/orders", { itemId: id, quantity: 1 }),
    );
    const statuses = (await Promise.all(orders)).map(({ status }) => status).sort();
    expect(statuses).toEqual([201, 201, 201, 201, 201, 422, 422, 422]);
    expect(await stockOf(id)).toBe(0);
  });

  test("is shipped once, and each of both steps sends one mail", async () => {
    const { id } = await newItem({ name: "Once only" });
    const order = (await call(ines, "POST", "/lantern/orders", { itemId: id, quantity: 1 })).body as Order;
    const path = `/lantern/orders/${order.id}/ship`;
    expect((await call(staff, "POST", path)).body).toMatchObject({ status: "shipped" });
    expect(await call(staff, "POST", path)).toMatchObject({ status: 409, body: { code: "shipped" } });
    const mails = () => sent.filter(({ text }) => text.includes("Once only"));
    await eventually(() => mails().length >= 2);
    expect(mails().map(({ to, text }) => [to, text])).toEqual([
      ["ines", "We have your order: 1 × Once only."],
      ["ines", "On its way to you: 1 × Once only."],
    ]);
    const tenant = await shops.open("lantern");
    await eventually(async () =>
      (await shops.repo.all(from(Message).scan(), { tenant })).every(({ sentAt }) => sentAt !== null),
    );
  });
});

test("the live stream of a customer has his orders, and no others", async () => {
  const { id } = await newItem({ name: "Watched" });
  const answer = await app.request("/lantern/live", {
    headers: { authorization: `Bearer ${tokenOf(okoro, secret)}` },
  });
  expect(answer.status).toBe(200);
  const stream = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  await call(ines, "POST", "/lantern/orders", { itemId: id, quantity: 7 });
  const own = (await call(okoro, "POST", "/lantern/orders", { itemId: id, quantity: 1 })).body as Order;
  let told = "";
  while (!told.includes(own.id)) told += (await stream.read()).value;
  expect(told).not.toContain('"ines"');
  await stream.cancel();
});

test("a mailer that cannot be reached ends its consumer, and the mail goes out when it runs again", async () => {
  mailerFails = true;
  const { id } = await newItem({ name: "Delayed" });
  await call(ines, "POST", "/lantern/orders", { itemId: id, quantity: 1 });
  await eventually(() => failures.length > 0);
  expect(String(failures[0])).toContain("no mailer");
  expect(sent.some(({ text }) => text.includes("Delayed"))).toBe(false);
  mailerFails = false;
  const { sendMails } = await import("../../samples/shop/mails.js");
  const tenant = await shops.open("lantern");
  const send = async (mail: (typeof sent)[number]) => void sent.push(mail);
  void sendMails(shops.sync, tenant, { send });
  await eventually(() => sent.some(({ text }) => text.includes("Delayed")));
});
