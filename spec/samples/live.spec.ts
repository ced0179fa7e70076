import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type App, createApp } from "../../samples/catalog/app.js";
import { Product } from "../../samples/catalog/product.js";
import { openShop, type Shop } from "../../samples/catalog/shop.js";
import { elementId } from "../../samples/catalog/web/html.js";

let shop: Shop;
let app: App;

beforeEach(async () => {
  shop = await openShop("memory:");
  app = createApp(shop);
});

afterEach(async () => {
  await app.close();
  await shop.close();
});

interface Sent {
  readonly event: string;
  readonly data: string;
}

/** A page's event stream: `next` takes one event, `upTo` takes events until one holds the text. */
async function connect(path: string) {
  const answer = await app.request(path);
  expect(answer.headers.get("content-type")).toContain("text/event-stream");
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let buffered = "";
  const next = async (): Promise<Sent | null> => {
    while (!buffered.includes("\n\n")) {
      const { done, value } = await reader.read();
      if (done) return null;
      buffered += value;
    }
    const end = buffered.indexOf("\n\n");
    const lines = buffered.slice(0, end).split("\n");
    buffered = buffered.slice(end + 2);
    const part = (name: string) =>
      lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
    return { event: part("event").join(), data: part("data").join("\n") };
  };
  const upTo = async (text: string): Promise<Sent[]> => {
    const taken: Sent[] = [];
    while (!taken.at(-1)?.data.includes(text)) {
      const event = await next();
      if (event === null) throw new Error(`The stream ended before "${text}".`);
      taken.push(event);
    }
    return taken;
  };
  const tab = (await next())!;
  expect(tab.event).toBe("tab");
  return { id: tab.data, next, upTo, close: () => reader.cancel() };
}

const cardsIn = ({ data }: Sent) => [...data.matchAll(/<article id="([^"]+)"/g)].map(([, id]) => id);

async function rename(id: string, name: string): Promise<void> {
  const product = await shop.repo.getOrThrow(Product, id, { tenant: shop.tenant });
  await shop.repo.update(Product.changeset(product, { name }));
}

const choose = (tab: string, id: string) =>
  app.request(`/live/${tab}/choose`, {
    method: "POST",
    body: new URLSearchParams({ id }),
    headers: { Origin: "http://localhost", Host: "localhost" },
  });

test("an admin page gets the card of the saved product, and nothing else", async () => {
  const page = await connect("/live/admin");
  await page.upTo("Quiet Typewriter");
  await rename("p2", "Pencil");
  await rename("p4", "Umbrella");
  const sent = [...(await page.upTo("Pencil")), ...(await page.upTo("Umbrella"))];
  expect(sent.map(({ event }) => event)).toEqual(["patch", "patch"]);
  expect(sent.flatMap(cardsIn)).toEqual([elementId("card", "p2"), elementId("card", "p4")]);
});

test("an admin page is told where a new card belongs, and which one goes", async () => {
  const page = await connect("/live/admin");
  await page.upTo("Quiet Typewriter");
  await shop.repo.insert(Product, { id: "p0", name: "New" }, { tenant: shop.tenant });
  const [inserted] = await page.upTo("New");
  expect(inserted!.event).toBe("insert");
  expect(JSON.parse(inserted!.data)).toMatchObject({ into: "cards", after: null });
  const insertedAt = new Date(0);
  await shop.repo.insert(Product, { id: "p9", name: "Oldest", insertedAt }, { tenant: shop.tenant });
  expect(JSON.parse((await page.upTo("Oldest"))[0]!.data)).toMatchObject({ after: elementId("card", "p1") });
  await shop.repo.delete(await shop.repo.getOrThrow(Product, "p9", { tenant: shop.tenant }));
  expect(await page.next()).toEqual({ event: "remove", data: elementId("card", "p9") });
});

test("a catalog page shows the product that it chose, on the stream that it has", async () => {
  const page = await connect("/live/catalog?id=p1");
  await page.upTo("letters are written");
  expect((await choose(page.id, "p3")).status).toBe(204);
  const events = await page.upTo("Stepped back");
  for (const { data } of events.filter((event) => event.data.includes('id="reviews"'))) {
    // Never one product's card above another one's reviews.
    expect(data.includes("Shade by Sunday")).toBe(data.includes("Stepped back"));
  }
  await rename("p3", "Instant Hedge");
  expect((await page.upTo("Instant Hedge")).at(-1)!.data).toContain("<title");
});

test("a catalog page without a chosen product shows all of them as cards, and follows them", async () => {
  const page = await connect("/live/catalog");
  await page.upTo("Choose a product to view");
  await rename("p5", "Quiet Piano");
  const sent = await page.upTo("Quiet Piano");
  expect(sent.at(-1)!.data).toMatch(/class="card tile"[\s\S]*Quiet Piano/);
  expect((await choose(page.id, "p3")).status).toBe(204);
  await page.upTo("Stepped back");
  await rename("p5", "Quiet Harp");
  expect((await page.upTo("Quiet Harp")).at(-1)!.data).not.toContain("tile");
});

test("a catalog page falls back when its product goes, and shows it when it appears", async () => {
  const page = await connect("/live/catalog?id=new");
  await page.upTo("Choose a product to view");
  const product = await shop.repo.insert(Product, { id: "new", name: "Brand New" }, { tenant: shop.tenant });
  await page.upTo('<h2 id="product-name" class="big" tabindex="-1">Brand New');
  await shop.repo.delete(product);
  await page.upTo("Choose a product to view");
});

test("a page that goes away leaves nothing behind, and its id is worth nothing", async () => {
  const [first, second] = [await connect("/live/catalog"), await connect("/live/admin")];
  expect(app.tabs.size).toBe(2);
  await first.close();
  while (app.tabs.size > 1) await new Promise(setImmediate);
  expect((await choose(first.id, "p1")).status).toBe(404);
  expect((await choose(second.id, "p1")).status).toBe(404);
});

test("closing ends every stream, and opens no new one", async () => {
  const page = await connect("/live/admin");
  await app.close();
  while ((await page.next()) !== null);
  expect(app.tabs.size).toBe(0);
  expect(await (await app.request("/live/admin")).text()).toBe("");
});

test("HEAD opens no stream", async () => {
  expect((await app.request("/live/admin", { method: "HEAD" })).status).toBe(405);
  expect(app.tabs.size).toBe(0);
});
