import type { DeletedProduct } from "../deleted-product.js";
import type { Product } from "../product.js";
import { elementId, type Html, html } from "../web/html.js";
import type { Problem } from "../web/refusal.js";
import { layout } from "./layout.js";
import { moment } from "./time.js";

/** What a person sent for a card: kept when it was refused, with the reasons; `saved` says that it is stored. */
export interface Submission {
  /** The product's id; of the form for a new one, the empty text. */
  readonly id: string;
  readonly typed: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
  readonly saved: string | null;
}

/** The longest name and description that the form takes, in characters. */
export const longest = { name: 200, description: 5_000 } as const;

export function adminPage(products: readonly Product[], submission?: Submission, notice?: Html): Html {
  return layout({
    title: "Admin",
    path: "/admin",
    live: "/live/admin",
    ...(notice && { notice }),
    content: html`<h1>Admin</h1>
<p class="lead">Each card has its own form and watches its own product: saving one redraws that card alone.</p>
${newProduct(submission?.id === "" ? submission : undefined)}
<p class="order" id="cards-order" tabindex="-1">Newest first. A card keeps its place when it is saved.</p>
${cardList(products, submission)}
<p class="empty if-none">There are no products. Create one above, or let the <a href="/lab">lab</a> invent one.</p>
<dialog id="confirm" aria-labelledby="confirm-title"><form method="dialog">
<h2 id="confirm-title">Delete this product?</h2>
<p>Its reviews go with it. It can be undone from this page.</p>
<p class="actions"><button value="yes" class="danger">Delete</button>
<button value="no" class="second" autofocus>Keep it</button></p>
</form></dialog>`,
  });
}

/** The form for a product that is not there yet. */
export function newProduct(submission?: Submission): Html {
  return html`<section id="new" class="card new" aria-labelledby="new-title">
<h2 id="new-title">New product</h2>
<form id="new-form" method="post" action="/admin/create" data-here data-clear>
${field("new", { name: null, description: null }, "name", "Name", submission)}
${field("new", { name: null, description: null }, "description", "Description", submission)}
<p class="actions"><button id="new-save">Create</button>
<span id="new-status" class="status" role="status" data-local>${submission?.saved}${general(submission)}</span></p>
</form>
</section>`;
}

/** Says what was deleted, and offers to take it back. */
export function deletedNotice({ id, name, reviews }: DeletedProduct): Html {
  const with_ =
    reviews.length === 0
      ? ""
      : reviews.length === 1
        ? " and its review"
        : ` and its ${reviews.length} reviews`;
  return html`<div id="notice" class="notice info" role="status" tabindex="-1">
<p>“${name}”${with_} ${with_ === "" ? "is" : "are"} deleted.</p>
<form method="post" action="/admin/undo?${new URLSearchParams({ id }).toString()}" data-here><button id="undo" class="second">Undo</button></form>
</div>`;
}

/** The container of all cards. */
export function cardList(products: readonly Product[], submission?: Submission): Html {
  return html`<div id="cards" class="cards">${products.map((product) =>
    card(product, product.id === submission?.id ? submission : undefined),
  )}</div>`;
}

export const cardId = (productId: string) => elementId("card", productId);

/** One product with its form. */
export function card(product: Product, submission?: Submission): Html {
  const id = cardId(product.id);
  const address = new URLSearchParams({ id: product.id }).toString();
  return html`<article id="${id}" class="card" aria-labelledby="${id}-title" data-flash>
<h2 id="${id}-title" class="card-title" tabindex="-1">${product.name}</h2>
<p class="fine">Changed ${moment(product.updatedAt)}</p>
<form id="${id}-form" method="post" action="/admin/save?${address}" data-here>
${field(id, product, "name", "Name", submission)}
${field(id, product, "description", "Description", submission)}
<p class="actions"><button id="${id}-save">Save</button>
<span id="${id}-status" class="status" role="status" data-local>${submission?.saved}${general(submission)}</span></p>
</form>
<form id="${id}-delete" class="delete" method="post" action="/admin/delete?${address}" data-here data-confirm="Delete “${product.name}”?">
<button id="${id}-delete-button" class="quiet" aria-label="Delete ${product.name}">Delete</button>
</form>
</article>`;
}

function field(
  card: string,
  product: { readonly name: string | null; readonly description: string | null },
  name: "name" | "description",
  label: string,
  submission: Submission | undefined,
): Html {
  const id = `${card}-${name}`;
  const problems = submission?.problems.filter((problem) => problem.field === name) ?? [];
  const stored = product[name] ?? "";
  const shown = submission?.typed[name] ?? stored;
  const invalid = problems.length > 0 && html` aria-invalid="true" aria-describedby="${id}-error"`;
  // A text area drops a line break that follows its tag, so that it takes one that is not part of the text.
  const control =
    name === "name"
      ? html`<input id="${id}" name="name" value="${shown}" data-saved="${stored}" autocomplete="off"${invalid}>`
      : html`<textarea id="${id}" name="description" rows="3" data-saved="${stored}" autocomplete="off"${invalid}>
${shown}</textarea>`;
  // The page's script says in the last element what somebody else stored while this field was being typed in.
  return html`<label for="${id}">${label}</label>
${control}
<p id="${id}-error" class="problem" data-local>${problems.map(({ message }) => `${label} ${message}. `)}</p>
<div id="${id}-theirs" class="theirs" role="status" data-local></div>`;
}

function general(submission: Submission | undefined): Html {
  const lines = submission?.problems.filter(({ field }) => field !== "name" && field !== "description") ?? [];
  return html`${lines.map(({ message }) => html`<span class="problem">${message}</span> `)}`;
}
