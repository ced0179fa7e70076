import { from, type Live, type SubscribeOptions, type Subscription } from "../../../lib/index.js";
import type { Random } from "../runs.js";
import { Disagreement } from "./agree.js";
import { chance, pick } from "./kinds.js";
import type { World } from "./schemas.js";
import type { Process } from "./store.js";

class Bomb extends Error {}

type Queries = Record<string, Live<unknown, unknown>>;

/** Subscriptions whose functions throw while the bombs are armed; nobody else may notice. */
export class Bombs {
  #armed = false;
  #open: Subscription<Queries>[] = [];
  exploded = 0;
  /** One of them has ended with something else than its own bomb. */
  failure: unknown;

  constructor(private readonly world: World) {}

  arm(armed: boolean): void {
    this.#armed = armed;
  }

  readonly #meet = (): boolean => {
    if (this.#armed) throw new Bomb("A function has thrown.");
    return true;
  };

  #queries(
    next: Random,
    { sync }: Process,
  ): { queries: Queries; options: SubscribeOptions; listens: boolean } {
    const { schema } = pick(next, [this.world.parents, this.world.children]);
    const meet = this.#meet;
    const all = from(schema).scan();
    switch (next(5)) {
      case 0:
        return { queries: { it: sync.all(all.filter(meet, [])) }, options: {}, listens: false };
      case 1:
        return { queries: { it: sync.count(all.filter(meet)) }, options: {}, listens: false };
      case 2:
        return {
          queries: { it: sync.all(all), top: sync.all(all.limit(3)) },
          options: { authorize: { row: meet, deps: [] } },
          listens: false,
        };
      case 3:
        return {
          queries: {
            it: sync.each(sync.all(all), () => {
              meet();
              return sync.count(all);
            }),
          },
          options: {},
          listens: false,
        };
      default:
        return { queries: { it: sync.all(all) }, options: {}, listens: true };
    }
  }

  /** One more, with its cursor once again where it has lived. */
  async plant(next: Random, process: Process): Promise<void> {
    const { queries, options, listens } = this.#queries(next, process);
    const again = chance(next, 2);
    const first = await this.#subscribe(process, queries, options, listens);
    if (first === undefined || !again) return;
    const resume = first.cursor;
    await first.close();
    await this.#subscribe(process, queries, { ...options, resume }, listens);
  }

  async #subscribe(
    { sync, tenant }: Process,
    queries: Queries,
    options: SubscribeOptions,
    listens: boolean,
  ): Promise<Subscription<Queries> | undefined> {
    try {
      const page = await sync.subscribe(tenant, queries, options);
      page.on("error", this.#ended);
      if (listens) page.on("change", () => void this.#meet());
      const open = this.#open.filter(({ state }) => state !== "closed");
      this.#open = [...open.slice(-4), page];
      for (const old of open.slice(0, -4)) await old.close();
      return page;
    } catch (error) {
      this.#ended(error);
      return undefined;
    }
  }

  readonly #ended = (error: unknown): void => {
    if (error instanceof Bomb) this.exploded++;
    else this.failure = new Disagreement(`A function that throws ended with ${String(error)}`);
  };

  async close(): Promise<void> {
    for (const page of this.#open) await page.close();
  }
}
