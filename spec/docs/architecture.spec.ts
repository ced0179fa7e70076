import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { house } from "../structure/house.js";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/architecture.md"), "utf8");

test("every file and folder that the page names is there", () => {
  const named = [
    ...new Set(Array.from(page.matchAll(/`((?:lib|docs|spec)\/[\w./-]+)`/g), ([, path]) => path!)),
  ];
  expect(named.length).toBeGreaterThan(60);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test("every way leads through files, each a step", () => {
  for (const way of page.split("\n## ").filter((section) => section.startsWith("The way of"))) {
    const steps = way.split(/\n\d\. /).slice(1);
    expect(steps.length).toBeGreaterThan(4);
    for (const step of steps) expect(step).toMatch(/`lib\/[\w/-]+\.ts`|watch/);
  }
});

test("the picture shows every room of the floors that have several", () => {
  const picture = /```mermaid\n([\s\S]*?)```/.exec(page)![1]!;
  for (const folder of ["schema", "layer", "changeset", "query", "migration", "repo", "sync"]) {
    const block = new RegExp(`subgraph ${folder}\\[[^\\n]*\\n([\\s\\S]*?)\\n  end`).exec(picture)?.[1];
    const rooms = Object.keys(house).flatMap((room) =>
      room.startsWith(`${folder}/`) ? room.split("/")[1]! : [],
    );
    expect(rooms.filter((room) => !new RegExp(`\\b${room}\\b`).test(block ?? ""))).toEqual([]);
  }
});
