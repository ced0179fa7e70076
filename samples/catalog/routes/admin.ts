import { type Context, Hono } from "hono";
import { from } from "plinth";
import { deleteProduct } from "../delete-product.js";
import { serveAdmin } from "../live/admin-live.js";
import { adminPage, card, longest, type Submission } from "../pages/admin-view.js";
import { done, send, wantsFragment } from "../pages/answer.js";
import { noNotice, notice } from "../pages/layout.js";
import { Product } from "../product.js";
import type { Shop } from "../shop.js";
import { readForm } from "../web/forms.js";
import { html } from "../web/html.js";
import { type Problem, RefusedRequest } from "../web/refusal.js";
import type { Tabs } from "../web/tabs.js";

/** `/admin`, its stream, and its forms. */
export function adminRoutes(shop: Shop, tabs: Tabs): Hono {
  return new Hono()
    .get("/admin", async (c) => send(c, adminPage(await allProducts(shop))))
    .get("/live/admin", (c) => tabs.stream(c, (tab) => serveAdmin(shop, tab)))
    .post("/admin/save", (c) => save(c, shop))
    .post("/admin/delete", async (c) => {
      const id = c.req.query("id") ?? "";
      await readForm(c, []);
      if (!(await deleteProduct(shop.repo, shop.tenant, id))) throw noSuchProduct(id);
      return done(c, "/admin", notice("info", "The product and its reviews are deleted."));
    });
}

async function save(c: Context, shop: Shop): Promise<Response> {
  const id = c.req.query("id") ?? "";
  const typed = await readForm(c, ["name", "description"]).catch((error: unknown) => {
    if (error instanceof RefusedRequest && error.problems.length > 0) return error.problems;
    throw error;
  });
  const { product, problems } =
    "name" in typed ? await update(shop, id, typed) : await refuse(shop, id, typed);
  if (problems.length === 0) {
    const saved: Submission = { id, typed: {}, problems, saved: true };
    return done(c, "/admin", html`${card(product, saved)}${noNotice}`);
  }
  const refused: Submission = { id, typed: "name" in typed ? typed : {}, problems, saved: false };
  if (wantsFragment(c)) return send(c, html`${card(product, refused)}${noNotice}`, 422);
  const line = notice("error", `“${product.name}” was not saved; its card says why.`);
  return send(c, adminPage(await allProducts(shop), refused, line), 422);
}

interface Outcome {
  readonly product: Product;
  /** Why nothing was written; empty when the product was saved. */
  readonly problems: readonly Problem[];
}

/** Reads, checks and writes in one transaction, so that the changes are made to what is stored now. */
function update(
  { repo, tenant }: Shop,
  id: string,
  params: Readonly<Record<string, string>>,
): Promise<Outcome> {
  return repo.transactional(tenant, async () => {
    const product = await repo.get(Product, id);
    if (product === null) throw noSuchProduct(id);
    const changeset = Product.changeset(product, params)
      .validateLength("name", { max: longest.name, count: "codePoints" })
      .validateLength("description", { max: longest.description, count: "codePoints" });
    const result = await repo.tryUpdate(changeset);
    return result.ok
      ? { product: result.value, problems: [] }
      : { product, problems: problemsOf(result.changeset.errors) };
  });
}

async function refuse({ repo, tenant }: Shop, id: string, problems: readonly Problem[]): Promise<Outcome> {
  const product = await repo.get(Product, id, { tenant });
  if (product === null) throw noSuchProduct(id);
  return { product, problems };
}

function problemsOf(errors: readonly { readonly field: string; readonly message: string }[]): Problem[] {
  return errors.map(({ field, message }) => ({ field, message }));
}

function allProducts({ repo, tenant }: Shop): Promise<readonly Product[]> {
  return repo.all(from(Product), { tenant });
}

function noSuchProduct(id: string): RefusedRequest {
  return new RefusedRequest(
    404,
    `There is no product with the id “${id}”; perhaps somebody deleted it just now.`,
  );
}
