import { once } from "node:events";
import type { REPLServer } from "node:repl";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Product } from "../../samples/catalog/product.js";
import { openPrompt } from "../../samples/catalog/prompt.js";
import { openShop, type Shop } from "../../samples/catalog/shop.js";

let shop: Shop;
let prompt: REPLServer;
let input: PassThrough;
let printed: string;
let exits: number;

beforeEach(async () => {
  [shop, input, printed, exits] = [await openShop("memory:"), new PassThrough(), "", 0];
  const output = new PassThrough().on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  prompt = openPrompt(shop, () => exits++, { input, output });
});

afterEach(async () => {
  prompt.close();
  await shop.close();
});

/** Types a line and resolves with what was printed until the next prompt. */
async function type(line: string): Promise<string> {
  const [prompts, from] = [printed.split("plinth> ").length, printed.length];
  input.write(`${line}\n`);
  while (printed.split("plinth> ").length === prompts) await new Promise(setImmediate);
  return printed.slice(from);
}

test("lines of a newcomer work as they are typed", async () => {
  await type('await repo.insert(Product, { id: "lamp", name: "Moonlight Lamp" }, { tenant })');
  await type('const lamp = await repo.get(Product, "lamp", { tenant })');
  await type('await repo.insert(Review, { product: lamp, author: "You", content: "Early.", score: 5 })');
  await type('await repo.update(Product.changeset(lamp, { name: "Moonlight Lamp, large" }))');
  expect(await shop.repo.get(Product, "lamp", { tenant: shop.tenant })).toMatchObject({
    name: "Moonlight Lamp, large",
  });
  expect(await type('await repo.all(from(Product).orderBy("name").select("name"), { tenant })')).toContain(
    "Moonlight",
  );
  expect(
    await type("await repo.all(from(Product).where({ name: { startsWith: 'Moon' } }), { tenant })"),
  ).toMatch(/lamp/);
  await type('const page = await sync.subscribe(tenant, { lamp: sync.one(Product, "lamp") })');
  expect(await type("page.value.lamp.name")).toContain("Moonlight Lamp, large");
  await type("await page.close()");
});

test("a mistake is explained and does not end the prompt", async () => {
  expect(await type('await repo.insert(Product, { id: "p1", name: "Again" }, { tenant })')).toMatch(/error/i);
  expect(await type("await repo.all(from(Product))")).toMatch(/tenant/);
  expect(await type("1 + 1")).toContain("2");
});

test("Ctrl-C on an empty line ends it", async () => {
  const exit = once(prompt, "exit");
  prompt.emit("SIGINT");
  await exit;
  expect(exits).toBe(1);
});
