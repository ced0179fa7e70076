import { type Html, html } from "../web/html.js";

const words = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" });
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });

/** A moment, to the second. */
export function moment(date: Date): Html {
  return html`<time datetime="${date.toISOString()}">${words.format(date)} UTC</time>`;
}

/** A moment, to the day. */
export function dayOf(date: Date): Html {
  return html`<time datetime="${date.toISOString()}">${day.format(date)}</time>`;
}
