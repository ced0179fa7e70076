import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Component, createElement as h, memo, type ReactNode, StrictMode, Suspense } from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { change } from "../../lib/index.js";
import { PlinthProvider, useConnectionState, useLive } from "../../lib/react/index.js";
import { initialOf } from "../../lib/web/index.js";
import { eventually, Item, queriesOf, Stage } from "../client/stage.js";
import { page } from "./dom.js";

interface ItemRow {
  readonly id: string;
  readonly n: number;
}
// As an application's Register would type it.
const useQuery = useLive as (label: string, params?: object) => unknown;

let stage: Stage;
const roots: Root[] = [];
const complaints: unknown[] = [];
const { error } = console;
beforeEach(async () => {
  complaints.length = 0;
  console.error = (...complaint: unknown[]) => void complaints.push(complaint.map(String).join(" "));
  stage = await Stage.open();
});
afterEach(async () => {
  for (const root of roots.splice(0)) root.unmount();
  await stage.close();
  console.error = error;
});

function show(node: ReactNode) {
  const element = page.createElement("div");
  const root = createRoot(element as never);
  roots.push(root);
  root.render(node);
  return element;
}
const within = (connection: unknown, ...children: ReactNode[]) =>
  h(PlinthProvider, { connection: connection as never }, ...children);

class Boundary extends Component<{ children: ReactNode }, { error?: Error & { code?: string } }> {
  override state: { error?: Error & { code?: string } } = {};
  static getDerivedStateFromError(failed: Error) {
    return { error: failed };
  }
  override render() {
    return this.state.error === undefined
      ? this.props.children
      : `failed: ${this.state.error.code ?? this.state.error.message}`;
  }
}

const Names = ({ label, params }: { label: string; params?: object }) =>
  `[${(useQuery(label, params) as readonly ItemRow[]).map(({ id, n }) => `${id}${n}`).join()}]`;
const guarded = (...children: ReactNode[]) => h(Boundary, null, h(Suspense, { fallback: "…" }, ...children));

describe("useLive", () => {
  test("suspends, shows, and goes on", async () => {
    await stage.insert("a");
    let letGo = () => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    stage.instead = async (url, init) => {
      await held;
      stage.instead = undefined;
      return stage.fetch(url, init);
    };
    const element = show(within(stage.connect(), guarded(h(Names, { label: "items" }))));
    await eventually(() => element.textContent === "…");
    letGo();
    await eventually(() => element.textContent === "[a1]");
    await stage.insert("b");
    await eventually(() => element.textContent === "[a1,b1]");
    expect(complaints).toEqual([]);
  });

  test("renders one row of a thousand when one row changes", async () => {
    for (let i = 0; i < 1_000; i += 100) {
      await stage.repo.transactional(stage.tenant, async (tx) => {
        for (let j = i; j < i + 100; j++)
          await tx.insert(Item, { id: `r${String(j).padStart(4, "0")}`, grp: "x", n: 0 } as never);
      });
    }
    const rendered = new Map<string, number>();
    const Row = memo(({ row }: { row: ItemRow }) => {
      rendered.set(row.id, (rendered.get(row.id) ?? 0) + 1);
      return h("li", null, `${row.id}:${row.n}`);
    });
    const List = () => (useQuery("items") as readonly ItemRow[]).map((row) => h(Row, { key: row.id, row }));
    const element = show(within(stage.connect(), guarded(h(List))));
    await eventually(() => element.textContent.includes("r0999:0"));
    expect([rendered.size, ...new Set(rendered.values())]).toEqual([1_000, 1]);
    rendered.clear();
    const row = (await stage.repo.get(Item, "r0500", { tenant: stage.tenant }))!;
    await stage.repo.update(change(row, { n: 7 }));
    await eventually(() => element.textContent.includes("r0500:7"));
    expect([...rendered]).toEqual([["r0500", 1]]);
  });

  test("renders nothing when another label changes", async () => {
    await stage.insert("a", { grp: "x" });
    let renders = 0;
    const Group = () => {
      renders++;
      return h(Names, { label: "group", params: { grp: "x" } });
    };
    const Count = () => `#${useQuery("count")}`;
    const element = show(within(stage.connect(), guarded(h(Group), h(Count))));
    await eventually(() => element.textContent === "[a1]#1");
    const before = renders;
    await stage.insert("b", { grp: "y" });
    await eventually(() => element.textContent === "[a1]#2");
    expect(renders).toBe(before);
  });

  test("with equal parameters is one subscription, in strict mode too, and other parameters are another", async () => {
    await stage.insert("a", { grp: "x" });
    const connection = stage.connect();
    const node = (grp: string) =>
      h(
        StrictMode,
        null,
        within(
          connection,
          guarded(
            h(Names, { label: "group", params: { grp: "x" } }),
            h(Names, { label: "group", params: { grp: "x" } }),
            h(Names, { label: "group", params: { grp } }),
          ),
        ),
      );
    const element = show(node("y"));
    await eventually(() => element.textContent === "[a1][a1][]");
    // The one of the connection, and one for each of the parameters.
    expect(stage.sync.inspect().subscriptions).toBe(3);
    roots[0]!.render(node("x"));
    await eventually(() => element.textContent === "[a1][a1][a1]");
    expect(stage.requests.filter(({ body }) => body === undefined || "open" in (body as object)).length).toBe(
      1,
    );
  });

  test("throws what the server refuses, to the boundary of its component alone", async () => {
    await stage.insert("a");
    const element = show(
      within(
        stage.connect(),
        guarded(h(Names, { label: "broken", params: {} })),
        guarded(h(Names, { label: "items" })),
        guarded(h(Names, { label: "nothing" })),
      ),
    );
    await eventually(() => element.textContent.includes("[a1]") && !element.textContent.includes("…"));
    expect(element.textContent).toContain("failed: invalid_params[a1]failed: The connection shows no");
  });

  test("throws when the connection is closed before there was anything, and outside of a provider", async () => {
    stage.instead = async () => new Response(null, { status: 503 });
    const connection = stage.connect();
    const element = show(within(connection, guarded(h(Names, { label: "items" }))));
    await eventually(() => element.textContent === "…");
    connection.close();
    await eventually(() => element.textContent === "failed: closed");
    const outside = show(h(Boundary, null, h(Names, { label: "items" })));
    await eventually(() => outside.textContent.includes("outside of a PlinthProvider"));
  });
});

test("a page that was rendered on the server is taken over as it is, and is not sent again", async () => {
  await stage.insert("a");
  const { items, count, one } = queriesOf(stage.sync);
  const initial = initialOf(await stage.sync.subscribe(stage.tenant, { items, count, one }));
  const app = (connection?: unknown) =>
    h(PlinthProvider, { connection: connection as never, initial }, h(Names, { label: "items" }));
  const html = renderToString(app());
  expect(html).toBe("[a1]");
  await stage.insert("b");
  const connection = stage.connect({ initial });
  const types: string[] = [];
  connection.on("transition", ({ type }) => void types.push(type));
  const element = page.createElement("div");
  element.innerHTML = html;
  roots.push(
    hydrateRoot(element as never, app(connection), {
      onRecoverableError: (failed) => complaints.push(failed),
    }),
  );
  await eventually(() => element.textContent === "[a1,b1]");
  expect(complaints).toEqual([]);
  expect(types).not.toContain("snapshot");
});

test("useConnectionState tells how the connection is", async () => {
  const Badge = () => {
    const { state, reason } = useConnectionState();
    return `${state} ${reason?.code ?? ""}`;
  };
  const connection = stage.connect({ retryMs: 60_000 });
  const element = show(within(connection, h(Badge)));
  await eventually(() => element.textContent === "live ");
  stage.cut();
  await eventually(() => element.textContent === "stale unreachable");
});
