import { type Html, html, type Part } from "../web/html.js";

export interface Layout {
  readonly title: string;
  /** The page's own address, which the navigation marks. */
  readonly path: "/" | "/admin" | "/lab" | null;
  /** The event stream that keeps the page up to date; `null` for a page that never changes. */
  readonly live: string | null;
  readonly notice?: Html;
  readonly content: Part;
}

const places = [
  ["/", "Catalog"],
  ["/admin", "Admin"],
  ["/lab", "Lab"],
] as const;

export function titleElement(title: string): Html {
  return html`<title id="title">${title} · Plinth</title>`;
}

/** Where answers to forms are shown; empty until there is one. */
export function notice(kind: "info" | "error", ...lines: readonly Part[]): Html {
  return html`<div id="notice" class="notice ${kind}" role="status" tabindex="-1">${lines.map((line) => html`<p>${line}</p>`)}</div>`;
}

/** Clears what an earlier form left there. */
export const noNotice = html`<div id="notice" class="notice" role="status" tabindex="-1"></div>`;

/** A whole page around its content. */
export function layout(page: Layout): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${titleElement(page.title)}
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/style.css">
${page.live !== null && html`<script type="module" src="/assets/live.js"></script>`}
</head>
<body data-live="${page.live}">
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="/"><img src="/assets/icon.svg" alt="" width="28" height="28">Plinth catalog</a>
<nav aria-label="Pages">${places.map(
    ([path, name]) =>
      html`<a class="place" href="${path}"${path === page.path && html` aria-current="page"`}>${name}</a>`,
  )}</nav>
${page.live !== null && html`<span id="connection" class="connection" role="status"></span>`}
</header>
<main id="main" tabindex="-1">
${page.notice ?? noNotice}
${page.content}
</main>
</body>
</html>
`;
}
