import type { LabState } from "../lab/lab.js";
import { type Html, html } from "../web/html.js";
import { layout } from "./layout.js";

const number = new Intl.NumberFormat("en");

const experiments = [
  [
    "insert",
    "Insert a product with a review",
    "Insert",
    "One transaction writes both. Every open catalog and admin page gets the product.",
  ],
  [
    "burst",
    "4,000 transactions on a few rows",
    "Start the burst",
    "1,000 of them at once: each reads a random product and updates its name to the next “vN”. Nothing may be lost, nothing counted twice.",
  ],
  [
    "recreate",
    "Delete all products and recreate them",
    "Delete and recreate",
    "Half a second between the steps. A page that shows a product falls back, and comes back.",
  ],
] as const;

export function labPage(state: LabState, notice?: Html): Html {
  return layout({
    title: "Lab",
    path: "/lab",
    live: "/live/lab",
    ...(notice && { notice }),
    content: html`<h1>Lab</h1>
<p class="lead">Open the <a href="/">catalog</a> and the <a href="/admin">admin page</a> beside this one, then press a button.</p>
${stats(state)}
<div class="experiments">${experiments.map(
      ([name, title, button, text]) => html`<form class="card" method="post" action="/lab/${name}" data-here>
<h2>${title}</h2>
<p>${text}</p>
<p class="actions"><button>${button}</button></p>
</form>`,
    )}</div>
<section class="card" aria-labelledby="prompt-title">
<h2 id="prompt-title">Or type it</h2>
<p>The terminal that runs this server has a prompt. Lines to begin with:</p>
<pre tabindex="0" role="group" aria-label="Lines to begin with"><code>await repo.insert(Product, { id: "lamp", name: "Moonlight Lamp" }, { tenant })
await repo.all(from(Product).orderBy("name"), { tenant })
await repo.update(Product.changeset(await repo.get(Product, "lamp", { tenant }), { name: "Moonlight Lamp, large" }))
await repo.delete(await repo.get(Product, "lamp", { tenant }))</code></pre>
</section>`,
  });
}

/** The live line: what the store did since the server started, and what the last burst came to. */
export function stats({ counts, running, burst }: LabState): Html {
  const entry = (name: string, value: string) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<section id="stats" class="stats" aria-label="Since the server started">
<dl>
${entry("Commits", number.format(counts.commits))}
${entry("Attempts", number.format(counts.attempts))}
${entry("Conflicts", number.format(counts.conflicts))}
${entry("Last burst’s sum of versions", burst === null ? "–" : number.format(burst.sum))}
</dl>
<p>${
    burst === null
      ? running === null && "No burst yet."
      : html`Burst: ${number.format(burst.acknowledged)} of ${number.format(burst.transactions)} transactions acknowledged, ${number.format(burst.attempts)} attempts${burst.done && html`, ${number.format(burst.milliseconds)} ms; the versions grew by ${number.format(burst.added)}`}.`
  } ${running === "recreate" && "Deleting and recreating the products…"}${running === "burst" && "Running…"}</p>
</section>`;
}
