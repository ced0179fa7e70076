import type { Product } from "../product.js";
import { elementId, type Html, html } from "../web/html.js";
import type { Problem } from "../web/refusal.js";
import { layout } from "./layout.js";
import { moment } from "./time.js";

/** What a person sent for a card: kept when it was refused, with the reasons; `saved` once it is stored. */
export interface Submission {
  readonly id: string;
  readonly typed: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
  readonly saved: boolean;
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
${cardList(products, submission)}
<p class="empty if-none">There are no products. The <a href="/lab">lab</a> has a button for that.</p>`,
  });
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
<h2 id="${id}-title" class="card-title">${product.name}</h2>
<p class="fine">Changed ${moment(product.updatedAt)}</p>
<form id="${id}-form" method="post" action="/admin/save?${address}" data-here>
${field(id, product, "name", "Name", submission)}
${field(id, product, "description", "Description", submission)}
<p class="actions"><button id="${id}-save">Save</button>
<span id="${id}-status" class="status" role="status" data-local>${submission?.saved && "Saved"}${general(submission)}</span></p>
</form>
<form id="${id}-delete" class="delete" method="post" action="/admin/delete?${address}" data-here>
<button id="${id}-delete-button" class="quiet" aria-label="Delete ${product.name}">Delete</button>
</form>
</article>`;
}

function field(
  card: string,
  product: Product,
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
  return html`<label for="${id}">${label}</label>
${control}
<p id="${id}-error" class="problem" data-local>${problems.map(({ message }) => `${label} ${message}. `)}</p>`;
}

function general(submission: Submission | undefined): Html {
  const lines = submission?.problems.filter(({ field }) => field !== "name" && field !== "description") ?? [];
  return html`${lines.map(({ message }) => html`<span class="problem">${message}</span> `)}`;
}
