import { Window } from "happy-dom";

/** A page, for as long as a spec runs. */
const window = new Window({ url: "http://localhost/" });
Object.assign(globalThis, { window, document: window.document });
Object.assign(globalThis, { HTMLElement: window.HTMLElement, Node: window.Node });

export const page = window.document as unknown as {
  createElement(name: string): PageElement;
};
export interface PageElement {
  innerHTML: string;
  readonly textContent: string;
}
