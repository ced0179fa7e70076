import type { Product } from "../product.js";
import type { Review } from "../review.js";
import { elementId, type Html, html } from "../web/html.js";
import { layout, titleElement } from "./layout.js";
import { dayOf } from "./time.js";

/** What the catalog page shows: all products, and one of them with its reviews when one is chosen. */
export interface CatalogPage {
  readonly catalog: readonly Product[];
  readonly product: Product | null;
  /** Newest first. */
  readonly reviews: readonly Review[];
}

export function catalogPage(page: CatalogPage): Html {
  return layout({
    title: titleOf(page),
    path: "/",
    live: "/live/catalog",
    content: html`<h1 class="visually-hidden">Catalog</h1>
<div class="catalog">
${catalogNav(page)}
<div>
${productCard(page)}
${reviewList(page)}
</div>
</div>`,
  });
}

export function catalogTitle(page: CatalogPage): Html {
  return titleElement(titleOf(page));
}

const titleOf = ({ product }: CatalogPage) => product?.name ?? "Catalog";

/** The bar of all products; it marks the one that is shown. */
export function catalogNav({ catalog, product }: CatalogPage): Html {
  return html`<nav id="products" class="products" aria-label="Products">
${catalog.length === 0 && html`<p class="empty">There are no products. The <a href="/lab">lab</a> has a button for that.</p>`}
${catalog.length > 1 && html`<p class="order">By name</p>`}
<ul>${catalog.map(
    ({ id, name }) =>
      html`<li id="${elementId("nav", id)}" data-flash><a href="/?${new URLSearchParams({ id }).toString()}" data-choose${
        id === product?.id && html` aria-current="true"`
      }>${name}</a></li>`,
  )}</ul>
</nav>`;
}

/** The chosen product, or a card for each product to choose from. */
export function productCard({ catalog, product }: CatalogPage): Html {
  if (product === null) {
    return html`<section id="product" class="choose" aria-labelledby="product-name" data-of="">
<h2 id="product-name" tabindex="-1">Choose a product to view</h2>
<ul class="tiles">${catalog.map(tile)}</ul>
</section>`;
  }
  return html`<section id="product" class="card" aria-labelledby="product-name" data-of="${product.id}" data-flash>
<h2 id="product-name" class="big" tabindex="-1">${product.name}</h2>
${product.description === null ? html`<p class="empty">No description yet.</p>` : html`<p class="prose">${product.description}</p>`}
<p class="fine">In the catalog since ${dayOf(product.insertedAt)}</p>
</section>`;
}

/** A product among all others: the whole card can be pressed, its link is the name. */
function tile({ id, name, description }: Product): Html {
  return html`<li id="${elementId("tile", id)}" class="card tile" data-flash>
<h3><a href="/?${new URLSearchParams({ id }).toString()}" data-choose>${name}</a></h3>
<p class="${description === null ? "empty" : "excerpt"}">${description ?? "No description yet."}</p>
</li>`;
}

export function reviewList({ product, reviews }: CatalogPage): Html {
  if (product === null) return html`<section id="reviews" data-of="" hidden></section>`;
  return html`<section id="reviews" aria-labelledby="reviews-title" data-of="${product.id}">
<h2 id="reviews-title">${reviews.length === 1 ? "1 review" : `${reviews.length} reviews`}${reviews.length > 1 && html` <span class="order">newest first</span>`}</h2>
${reviews.length === 0 && html`<p class="empty">Nobody has reviewed this product yet.</p>`}
<ul>${reviews.map(reviewItem)}</ul>
</section>`;
}

function reviewItem({ id, author, content, score, insertedAt }: Review): Html {
  return html`<li id="${elementId("review", id)}" class="card review" data-flash>
<p class="byline"><strong>${author}</strong> ${stars(score)} ${dayOf(insertedAt)}</p>
<p class="prose">${content}</p>
</li>`;
}

function stars(score: number): Html {
  const full = Math.max(0, Math.min(5, Math.round(score)));
  return html`<span class="stars" role="img" aria-label="${score} out of 5 stars">${"★".repeat(full)}<span class="off">${"★".repeat(5 - full)}</span></span>`;
}
