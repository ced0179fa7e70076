/** Turns blocks of mermaid into SVG while the site is built: readers load no script for them, and no network. */
import { renderMermaidSVG } from "beautiful-mermaid";

const colours = {
  bg: "var(--vp-c-bg)",
  fg: "var(--vp-c-text-1)",
  line: "var(--vp-c-text-2)",
  border: "var(--vp-c-divider)",
  surface: "var(--vp-c-bg-soft)",
  transparent: true,
};

/** As an attribute: a template would lose the styles inside of the picture. */
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

/** A block that cannot be drawn fails the build. */
export function pictures(markdown) {
  const fence = markdown.renderer.rules.fence;
  markdown.renderer.rules.fence = (tokens, at, ...rest) => {
    if (tokens[at].info.trim() !== "mermaid") return fence(tokens, at, ...rest);
    const svg = renderMermaidSVG(tokens[at].content, colours).replaceAll(/@import url\([^)]*\);?/g, "");
    return `<div class="picture" v-html="${escaped(JSON.stringify(svg))}"></div>`;
  };
}
