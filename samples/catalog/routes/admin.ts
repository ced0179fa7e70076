import { randomUUID } from "node:crypto";
import { type Context, Hono } from "hono";
import { type Changeset, from } from "plinth";
import { DeletedProduct } from "../deleted-product.js";
import { serveAdmin } from "../live/admin-live.js";
import { adminPage, card, deletedNotice, longest, newProduct, type Submission } from "../pages/admin-view.js";
import { done, send, wantsFragment } from "../pages/answer.js";
import { noNotice, notice } from "../pages/layout.js";
import { Product } from "../product.js";
import type { Shop } from "../shop.js";
import { deleteUndoably, undoDeletion } from "../undo.js";
import { readForm } from "../web/forms.js";
import { html } from "../web/html.js";
import { type Problem, RefusedRequest } from "../web/refusal.js";
import type { Tabs } from "../web/tabs.js";

/** `/admin`, its stream, and its forms. */
export function adminRoutes(shop: Shop, tabs: Tabs): Hono {
  return new Hono()
    .get("/admin", async (c) => {
      const deleted = await shop.repo.get(DeletedProduct, c.req.query("deleted") ?? "", {
        tenant: shop.tenant,
      });
      return send(
        c,
        adminPage(await allProducts(shop), undefined, deleted ? deletedNotice(deleted) : undefined),
      );
    })
    .get("/live/admin", (c) => tabs.stream(c, (tab) => serveAdmin(shop, tab)))
    .post("/admin/save", (c) => save(c, shop))
    .post("/admin/create", (c) => createOne(c, shop))
    .post("/admin/delete", async (c) => {
      const id = c.req.query("id") ?? "";
      await readForm(c, []);
      const kept = await deleteUndoably(shop.repo, shop.tenant, id);
      if (kept === null) throw noSuchProduct(id);
      if (wantsFragment(c)) return send(c, deletedNotice(kept));
      return c.redirect(`/admin?${new URLSearchParams({ deleted: kept.id })}`, 303);
    })
    .post("/admin/undo", async (c) => {
      await readForm(c, []);
      const undone = await undoDeletion(shop.repo, shop.tenant, c.req.query("id") ?? "");
      if ("product" in undone) return done(c, "/admin", notice("info", `“${undone.product.name}” is back.`));
      throw undone.refused === "unknown"
        ? new RefusedRequest(404, "This deletion cannot be undone any more; perhaps somebody did it already.")
        : new RefusedRequest(409, `“${undone.name}” is there again already, so nothing was changed.`);
    });
}

async function readTyped(c: Context): Promise<Readonly<Record<string, string>> | readonly Problem[]> {
  return readForm(c, ["name", "description"]).catch((error: unknown) => {
    if (error instanceof RefusedRequest && error.problems.length > 0) return error.problems;
    throw error;
  });
}

const isTyped = (
  read: Readonly<Record<string, string>> | readonly Problem[],
): read is Readonly<Record<string, string>> => !Array.isArray(read);

async function createOne(c: Context, shop: Shop): Promise<Response> {
  const read = await readTyped(c);
  const typed = isTyped(read) ? read : {};
  let problems = isTyped(read) ? [] : read;
  if (isTyped(read)) {
    const changeset = withinLimits(Product.changeset(Product, read)).putChange("id", randomUUID());
    const result = await shop.repo.tryInsert(changeset, { tenant: shop.tenant });
    if (!result.ok) problems = problemsOf(result.changeset.errors);
  }
  if (problems.length === 0) {
    const saved: Submission = { id: "", typed: {}, problems, saved: `“${typed.name}” is created.` };
    return done(c, "/admin", html`${newProduct(saved)}${noNotice}`);
  }
  const refused: Submission = { id: "", typed, problems, saved: null };
  if (wantsFragment(c)) return send(c, html`${newProduct(refused)}${noNotice}`, 422);
  const line = notice("error", "The product was not created; its form says why.");
  return send(c, adminPage(await allProducts(shop), refused, line), 422);
}

async function save(c: Context, shop: Shop): Promise<Response> {
  const id = c.req.query("id") ?? "";
  const typed = await readTyped(c);
  const { product, problems } = isTyped(typed)
    ? await update(shop, id, typed)
    : await refuse(shop, id, typed);
  if (problems.length === 0) {
    const saved: Submission = { id, typed: {}, problems, saved: "Saved" };
    return done(c, "/admin", html`${card(product, saved)}${noNotice}`);
  }
  const refused: Submission = { id, typed: isTyped(typed) ? typed : {}, problems, saved: null };
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
    const result = await repo.tryUpdate(withinLimits(Product.changeset(product, params)));
    return result.ok
      ? { product: result.value, problems: [] }
      : { product, problems: problemsOf(result.changeset.errors) };
  });
}

function withinLimits(changeset: Changeset<Product>): Changeset<Product> {
  return changeset
    .validateLength("name", { max: longest.name, count: "codePoints" })
    .validateLength("description", { max: longest.description, count: "codePoints" });
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
  return repo.all(from(Product).orderBy({ insertedAt: "desc" }), { tenant });
}

function noSuchProduct(id: string): RefusedRequest {
  return new RefusedRequest(
    404,
    `There is no product with the id “${id}”; perhaps somebody deleted it just now.`,
  );
}
