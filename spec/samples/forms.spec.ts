import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { from } from "plinth";
import { type App, createApp } from "../../samples/catalog/app.js";
import { DeletedProduct } from "../../samples/catalog/deleted-product.js";
import { Product } from "../../samples/catalog/product.js";
import { Review } from "../../samples/catalog/review.js";
import { openShop, type Shop } from "../../samples/catalog/shop.js";
import { deleteUndoably, keptDeletions } from "../../samples/catalog/undo.js";

let shop: Shop;
let app: App;

beforeAll(async () => {
  shop = await openShop("memory:");
  app = createApp(shop);
});

afterAll(async () => {
  await app.close();
  await shop.close();
});

type Body = URLSearchParams | FormData | string;

const here = { Host: "localhost", Origin: "http://localhost", "Sec-Fetch-Site": "same-origin" };
const post = (path: string, body: Body, headers: Record<string, string> = here) =>
  Promise.resolve(app.request(path, { method: "POST", body, headers }));
const form = (fields: Record<string, string>) => new URLSearchParams(fields);
const good = { name: "Renamed", description: "Described" };
/** A product and its reviews, as they are stored. */
async function everythingOf(id: string) {
  const { repo, tenant } = shop;
  const product = await repo.get(Product, id, { tenant });
  return { product, reviews: await repo.all(from(Review).where({ productId: id }), { tenant }) };
}
const stored = () => shop.repo.getOrThrow(Product, "p1", { tenant: shop.tenant });

/** Sends something that must be refused, and checks that it wrote nothing. */
async function refused(path: string, body: Body, headers: Record<string, string> = here) {
  const [before, { commits }] = [await stored(), shop.counts()];
  const answer = await post(path, body, headers);
  expect(await stored()).toEqual(before);
  expect(shop.counts().commits).toBe(commits);
  expect(answer.headers.get("content-type")).toContain("text/html");
  return { status: answer.status, text: await answer.text() };
}

describe("a form of the admin page", () => {
  test("saves what was sent, and leads back", async () => {
    const answer = await post("/admin/save?id=p1", form(good));
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/admin"]);
    expect(await stored()).toMatchObject(good);
  });

  test("is answered with its card alone when the page's script sent it", async () => {
    const answer = await post("/admin/save?id=p1", form(good), { ...here, "X-Fragment": "true" });
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(text.match(/<article/g)).toHaveLength(1);
    expect(text).toContain("Saved");
    expect(text).not.toContain("<html");
  });

  test("an empty description is none", async () => {
    await post("/admin/save?id=p1", form({ ...good, description: "" }));
    expect((await stored()).description).toBe(null);
  });

  test.each([
    ["an empty name", form({ ...good, name: "" }), /Name can&#39;t be blank/],
    ["a name of blanks", form({ ...good, name: "  " }), /Name can&#39;t be blank/],
    ["a name that is too long", form({ ...good, name: "x".repeat(201) }), /Name should be at most 200/],
    ["a missing field", form({ description: "x" }), /Name is missing from the form/],
    ["a field that comes twice", new URLSearchParams("name=a&name=b&description=c"), /Name must be one text/],
    ["a foreign field: id", form({ ...good, id: "p2" }), /no field “id”/],
    ["a foreign field: insertedAt", form({ ...good, insertedAt: "2001-01-01" }), /no field “insertedAt”/],
    [
      "a foreign field: __proto__",
      new URLSearchParams("name=a&description=b&__proto__=c"),
      /no field “__proto__”/,
    ],
    ["a foreign field: constructor", form({ ...good, constructor: "x" }), /no field “constructor”/],
  ])("is refused with %s", async (_, body, message) => {
    const { status, text } = await refused("/admin/save?id=p1", body);
    expect(status).toBe(422);
    expect(text).toMatch(message);
    expect(text).toContain("<html");
  });

  test("is refused with a file for a text", async () => {
    const body = new FormData();
    body.set("name", new Blob(["x"]), "name.txt");
    body.set("description", "x");
    const { status, text } = await refused("/admin/save?id=p1", body);
    expect(status).toBe(422);
    expect(text).toContain("Name must be one text");
  });

  test("is refused when it is no form, or too large", async () => {
    const json = await refused("/admin/save?id=p1", JSON.stringify(good), {
      ...here,
      "Content-Type": "application/json",
    });
    expect(json.status).toBe(422);
    const large = await refused("/admin/save?id=p1", form({ ...good, description: "x".repeat(70_000) }));
    expect(large.status).toBe(413);
  });

  test("keeps what was typed, escaped, beside the error", async () => {
    const { text } = await refused(
      "/admin/save?id=p1",
      form({ name: "", description: `</textarea><script>"'&` }),
    );
    expect(text).toContain("&lt;/textarea&gt;&lt;script&gt;&quot;&#39;&amp;</textarea>");
    expect(text).not.toContain("<script>");
  });

  test.each(["/admin/save", "/admin/save?id=", "/admin/save?id=nobody"])(
    "%s names no product",
    async (path) => {
      const { status, text } = await refused(path, form(good));
      expect(status).toBe(404);
      expect(text).toContain("There is no product");
    },
  );

  test("deletes a product with its reviews, once", async () => {
    expect((await post("/admin/delete?id=p5", form({}))).status).toBe(303);
    expect(await shop.repo.get(Product, "p5", { tenant: shop.tenant })).toBe(null);
    expect((await refused("/admin/delete?id=p5", form({}))).status).toBe(404);
    expect((await refused("/admin/delete?id=p1", form({ id: "p2" }))).status).toBe(422);
  });
});

describe("a new product", () => {
  const names = async () =>
    (await shop.repo.all(from(Product).select("name"), { tenant: shop.tenant })).toSorted();

  test("is created from the form, and stands before all others", async () => {
    const answer = await post("/admin/create", form({ name: "Fresh", description: "" }));
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/admin"]);
    const page = await (await app.request("/admin")).text();
    const titles = [...page.matchAll(/class="card-title"[^>]*>([^<]*)/g)].map(([, title]) => title);
    expect(titles[0]).toBe("Fresh");
  });

  test("is answered with an empty form that says so, when the page's script sent it", async () => {
    const fragment = { ...here, "X-Fragment": "true" };
    const answer = await post("/admin/create", form({ name: "Fresher", description: "x" }), fragment);
    const text = await answer.text();
    expect(text).toContain("“Fresher” is created.");
    expect(text).toContain('name="name" value=""');
  });

  test("without a name is refused, keeps what was typed, and is not there", async () => {
    const before = await names();
    const { status, text } = await refused("/admin/create", form({ name: "", description: "Kept" }));
    expect([status, text]).toEqual([
      422,
      expect.stringMatching(/Name can&#39;t be blank[\s\S]*Kept<\/textarea>/),
    ]);
    expect((await refused("/admin/create", form({ name: "x" }))).status).toBe(422);
    expect((await refused("/admin/create", form({ ...good, id: "p1" }))).status).toBe(422);
    expect(await names()).toEqual(before);
  });
});

describe("a deletion", () => {
  test("can be taken back once: the product and its reviews are as they were", async () => {
    const before = await everythingOf("p3");
    const deleted = await post("/admin/delete?id=p3", form({}));
    const page = deleted.headers.get("location")!;
    expect(await everythingOf("p3")).toEqual({ product: null, reviews: [] });
    const text = await (await app.request(page)).text();
    expect(text).toContain("and its 2 reviews are deleted.");
    const undo = /action="(\/admin\/undo[^"]*)"/.exec(text)![1]!;
    expect((await post(undo, form({}))).status).toBe(303);
    const { product, reviews } = await everythingOf("p3");
    expect(product).toMatchObject({ name: before.product!.name, insertedAt: before.product!.insertedAt });
    expect(reviews.map(({ id, content, insertedAt }) => ({ id, content, insertedAt }))).toEqual(
      before.reviews.map(({ id, content, insertedAt }) => ({ id, content, insertedAt })),
    );
    expect((await refused(undo, form({}))).status).toBe(404);
  });

  test("is not taken back over a product that has its id by now", async () => {
    const deleted = await post("/admin/delete?id=p4", form({}));
    await shop.repo.insert(Product, { id: "p4", name: "Another" }, { tenant: shop.tenant });
    const id = new URL(deleted.headers.get("location")!, "http://x").searchParams.get("deleted")!;
    const { status, text } = await refused(`/admin/undo?${new URLSearchParams({ id })}`, form({}));
    expect([status, text]).toEqual([409, expect.stringContaining("there again already")]);
    expect((await everythingOf("p4")).product).toMatchObject({ name: "Another" });
  });

  test("is kept as long as it is among the last", async () => {
    const { tenant } = shop;
    for (let n = 0; n < keptDeletions + 3; n++) {
      await shop.repo.insert(Product, { id: `d${n}`, name: `${n}` }, { tenant });
      await deleteUndoably(shop.repo, tenant, `d${n}`);
    }
    expect(await shop.repo.count(from(DeletedProduct).scan(), { tenant })).toBe(keptDeletions);
  });
});

describe("a request that writes is refused unless a page of this server sent it:", () => {
  test.each([
    ["another origin", { Host: "localhost", Origin: "https://evil.example" }],
    ["another port", { Host: "localhost:4000", Origin: "http://localhost:4001" }],
    ["an opaque origin", { Host: "localhost", Origin: "null" }],
    ["another site", { Host: "localhost", "Sec-Fetch-Site": "cross-site" }],
    ["a sister site", { Host: "localhost", "Sec-Fetch-Site": "same-site" }],
    ["an origin that disagrees", { ...here, Origin: "https://evil.example" }],
    ["nobody", { Host: "localhost" }],
  ])("%s", async (_, headers) => {
    for (const path of [
      "/admin/save?id=p1",
      "/admin/create",
      "/admin/delete?id=p1",
      "/admin/undo?id=p1",
      "/lab/insert",
      "/lab/burst",
      "/lab/recreate",
    ]) {
      const { status, text } = await refused(path, form(good), headers as Record<string, string>);
      expect(status).toBe(403);
      expect(text).toContain("another site");
    }
  });
});

describe("every page", () => {
  test.each(["/", "/?id=p1", "/?id=nobody", "/admin", "/lab"])(
    "%s allows no script but its own files",
    async (path) => {
      const answer = await app.request(path);
      const text = await answer.text();
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-security-policy")).toContain(
        "default-src 'none'; script-src 'self'",
      );
      expect(answer.headers.get("content-security-policy")).not.toContain("unsafe");
      expect(text).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/);
    },
  );

  test("shows what the database holds as text", async () => {
    const name = `<img src=x onerror=alert(1)> "quoted" 'too' & more`;
    const id = `"><script>alert(1)</script>`;
    await shop.repo.insert(Product, { id, name, description: "<b>" }, { tenant: shop.tenant });
    for (const path of ["/", `/?${new URLSearchParams({ id })}`, "/admin"]) {
      const text = await (await app.request(path)).text();
      expect(text).toContain(
        "&lt;img src=x onerror=alert(1)&gt; &quot;quoted&quot; &#39;too&#39; &amp; more",
      );
      expect(text).not.toMatch(/<img src=x|<script>/);
    }
    await shop.repo.delete(await shop.repo.getOrThrow(Product, id, { tenant: shop.tenant }));
  });

  test("asks to choose when the product is unknown", async () => {
    expect(await (await app.request("/?id=nobody")).text()).toContain("Choose a product to view");
  });

  test("says in words that an address does not exist", async () => {
    const answer = await app.request("/nowhere");
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain("There is no page at this address");
  });

  test("is healthy", async () => {
    const answer = await app.request("/healthz");
    expect([answer.status, await answer.json()]).toEqual([200, { status: "ok" }]);
  });
});

describe("the lab", () => {
  test("inserts a product with its review in one transaction", async () => {
    const { commits } = shop.counts();
    expect((await post("/lab/insert", form({}))).status).toBe(303);
    expect(shop.counts().commits).toBe(commits + 1);
  });

  test("is refused with a field that it does not have", async () => {
    expect((await refused("/lab/insert", form({ id: "p9" }))).status).toBe(422);
  });

  test("runs one long experiment at a time", async () => {
    const first = post("/lab/recreate", form({}));
    const second = await post("/lab/recreate", form({}));
    expect(second.status).toBe(409);
    expect(await second.text()).toContain("still running");
    await app.lab.close();
    expect((await first).status).toBe(303);
    expect(await stored()).toMatchObject({ id: "p1" });
  });
});
