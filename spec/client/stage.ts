import { setTimeout as sleep } from "node:timers/promises";
import { type ConnectOptions, connect, type RemoteConnection } from "../../lib/client/index.js";
import {
  create,
  Field,
  from,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
} from "../../lib/index.js";
import { type HandlerOptions, syncHandler } from "../../lib/web/index.js";

@Schema("items")
export class Item {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare grp: string;
  @Field("integer") declare n: number;
  @Field("utc_datetime_usec") declare at: Date | null;
  @Field("bigint") declare size: bigint | null;
  @Field("binary") declare data: Uint8Array | null;
  @Field("decimal") declare price: string | null;
  @Field("json") declare meta: unknown;
  double(): number {
    return this.n * 2;
  }
}

class Items extends Migration {
  change() {
    return [create(metadata(Item)), create(index(Item, ["grp"]))];
  }
}

export const queriesOf = (sync: Sync) => ({
  items: sync.all(Item),
  count: sync.count(Item),
  one: sync.one(Item, "a"),
  group: ({ grp }: { grp: string }) => sync.all(from(Item).where({ grp })),
  broken: (params: { deep: { name: string } }) => sync.all(from(Item).where({ grp: params.deep.name })),
});
export type Live = ReturnType<typeof queriesOf>;

export type Answer = (url: string, init: RequestInit) => Promise<Response> | undefined;

/** A server, and the network between it and its clients, which a spec can break. */
export class Stage {
  readonly requests: {
    readonly url: string;
    readonly method: string;
    readonly headers: Headers;
    readonly body: unknown;
  }[] = [];
  /** Answers instead of the server. */
  instead: Answer | undefined;
  /** Bytes that came from the server. */
  bytes = 0;
  /** Called with each piece of a stream; what it returns comes instead. */
  piece: (bytes: Uint8Array) => readonly Uint8Array[] = (bytes) => [bytes];
  /** What comes waits for this. */
  slow: (() => Promise<void>) | undefined;
  /** Nothing more comes, and nothing ends. */
  frozen = false;
  handler!: (request: Request) => Promise<Response>;
  readonly #streams = new Set<ReadableStreamDefaultController<Uint8Array>>();
  readonly #clients: { close(): void }[] = [];
  #handled: Sync[] = [];

  private constructor(
    readonly repo: Repo,
    readonly tenant: Tenant,
    public sync: Sync,
  ) {}

  static async open(options: HandlerOptions = {}): Promise<Stage> {
    const repo = new Repo({ url: "memory:", storageId: "spec", migrations: [[1, Items]] });
    const stage = new Stage(repo, await Tenant.openEmpty(repo, "client"), new Sync(repo));
    stage.serve(options);
    return stage;
  }

  serve(options: HandlerOptions = {}): void {
    this.#handled.push(this.sync);
    this.handler = syncHandler(
      this.sync,
      () => ({ tenant: this.tenant, queries: queriesOf(this.sync) }),
      options,
    );
  }

  /** Another process takes over: it knows nothing of the connections of the one before. */
  async replace(options: HandlerOptions = {}): Promise<void> {
    const before = this.sync;
    this.sync = new Sync(this.repo);
    this.serve(options);
    await before.close();
  }

  /** The network breaks. */
  cut(): void {
    for (const stream of this.#streams) stream.error(new TypeError("network error"));
    this.#streams.clear();
  }

  readonly fetch = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const body = init.body === undefined ? undefined : JSON.parse(String(init.body));
    const method = init.method ?? "GET";
    this.requests.push({ url, method, headers: new Headers(init.headers), body });
    const answer = this.instead?.(url, init);
    if (answer !== undefined) return answer;
    const response = await this.handler(new Request(new URL(url, "http://localhost"), init));
    if (!response.headers.get("content-type")?.includes("event-stream")) return response;
    const reader = response.body!.getReader();
    const streams = this.#streams;
    let own: ReadableStreamDefaultController<Uint8Array>;
    const through = new ReadableStream<Uint8Array>({
      start(controller) {
        own = controller;
        streams.add(controller);
      },
      pull: async (controller) => {
        const { done, value } = await reader.read();
        await this.slow?.();
        if (!streams.has(own)) return void reader.cancel();
        if (this.frozen) return new Promise(() => {});
        if (done) {
          streams.delete(own);
          controller.close();
          return;
        }
        this.bytes += value.length;
        for (const bytes of this.piece(value)) controller.enqueue(bytes);
      },
      cancel: async () => {
        streams.delete(own);
        await reader.cancel();
      },
    });
    init.signal?.addEventListener("abort", () => {
      streams.delete(own);
      void reader.cancel();
    });
    return new Response(through, response);
  };

  connect(options: ConnectOptions<Live> = {}, url = "/live"): RemoteConnection<Live> {
    const live = connect<Live>(url, { fetch: this.fetch as never, retryMs: 4, ...options });
    this.#clients.push(live);
    return live;
  }

  insert(id: string, more: Partial<Item> = {}): Promise<Item> {
    return this.repo.insert(Item, { id, grp: "x", n: 1, ...more } as never, { tenant: this.tenant });
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    for (const sync of this.#handled) await sync.close();
    await this.repo.close();
  }
}

export async function eventually(holds: () => unknown, what = String(holds)): Promise<void> {
  for (let i = 0; i < 4_000; i++) {
    if (holds()) return;
    await sleep(5);
  }
  throw new Error(`It never came: ${what}`);
}

export const ids = (rows: readonly { readonly id: string }[] | undefined): string =>
  (rows ?? []).map(({ id }) => id).join("");
