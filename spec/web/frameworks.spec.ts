import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { All, Controller, Module, Req, Res } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { connect, type RemoteConnection } from "../../lib/client/index.js";
import { nodeHandler } from "../../lib/web/index.js";
import { eventually, ids, type Live, Stage } from "../client/stage.js";

let stage: Stage;
const ends: (() => unknown)[] = [];
const clients: RemoteConnection<Live>[] = [];
beforeAll(async () => {
  stage = await Stage.open({ heartbeatMs: 400 });
  await stage.insert("a");
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const end of ends.splice(0)) await end();
  await eventually(() => stage.sync.inspect().subscriptions === 0);
});
afterAll(() => stage.close());

const live = (request: Request) => stage.handler(request);
const node = nodeHandler(live);
const addressOf = (server: { address(): unknown }) =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}/live`;
const listening = async (server: Server) => {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  ends.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return addressOf(server);
};

/** Each as docs/web.md says. */
const frameworks: Record<string, () => Promise<string>> = {
  "node:http": () => listening(createServer(node)),
  Hono: async () => {
    const app = new Hono();
    app.all("/live", (c) => live(c.req.raw));
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
    await new Promise((resolve) => server.once("listening", resolve));
    ends.push(() => {
      (server as Server).closeAllConnections();
      server.close();
    });
    return addressOf(server);
  },
  "Express 5": () => {
    const app = express();
    app.all("/live", nodeHandler(live));
    return listening(createServer(app));
  },
  "Express 5 behind its parser of JSON": () => {
    const app = express();
    app.use(express.json());
    app.all("/live", nodeHandler(live));
    return listening(createServer(app));
  },
  "Fastify 5": async () => {
    const app = Fastify({ forceCloseConnections: true });
    app.all("/live", (request, reply) => {
      reply.hijack();
      void node(request.raw, reply.raw, request.body);
    });
    await app.listen({ port: 0, host: "127.0.0.1" });
    ends.push(() => app.close());
    return addressOf(app.server);
  },
  "NestJS 11": async () => {
    @Controller()
    class Lives {
      @All("live")
      live(@Req() request: never, @Res() response: never) {
        return node(request, response);
      }
    }
    @Module({ controllers: [Lives] })
    class App {}
    const app = await NestFactory.create(App, { logger: false, forceCloseConnections: true });
    await app.listen(0, "127.0.0.1");
    ends.push(() => app.close());
    return addressOf(app.getHttpServer() as Server);
  },
  "a route of Next": () => {
    // What app/live/route.ts exports; Next calls it with its own subclass of Request.
    const route = { GET: live, POST: live };
    class NextRequest extends Request {}
    const methods = route as Record<string, typeof live>;
    const next = (request: Request) => methods[request.method]!(new NextRequest(request));
    return listening(createServer(nodeHandler(next)));
  },
};

describe.each(Object.entries(frameworks))("%s", (name, start) => {
  test("streams, takes parameters, and lets go of who has left", async () => {
    const address = await start();
    const page = connect<Live>(address, { retryMs: 5 });
    clients.push(page);
    await eventually(() => page.state === "live", `${name}: ${JSON.stringify(page.reason)}`);
    await page.set("group", { grp: name });
    await stage.insert(name, { grp: name });
    await eventually(() => ids(page.value?.group) === name);
    await expect(page.set("broken", {} as never)).rejects.toMatchObject({ status: 400 });
    // Two and a half heartbeats of silence would end it.
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    expect(page.state).toBe("live");
    page.close();
    await eventually(() => stage.sync.inspect().subscriptions === 0);
  });
});

describe("a browser that leaves", () => {
  test("while its subscription is being made is no error, and leaves nothing", async () => {
    const complaints: unknown[] = [];
    const { error } = console;
    console.error = (complaint: unknown) => void complaints.push(complaint);
    try {
      for (let i = 0; i < 20; i++) {
        const leave = new AbortController();
        const answer = live(new Request("http://localhost/live", { signal: leave.signal }));
        for (let turns = 0; turns < i; turns++) await Promise.resolve();
        leave.abort();
        const response = await answer;
        expect([200, 499]).toContain(response.status);
        await response.body?.cancel();
      }
      await eventually(() => stage.sync.inspect().subscriptions === 0);
      expect(complaints).toEqual([]);
    } finally {
      console.error = error;
    }
  });

  test("is noticed though nobody holds the request", async () => {
    const leave = new AbortController();
    const response = await live(new Request("http://localhost/live", { signal: leave.signal }));
    const reader = response.body!.getReader();
    await reader.read();
    // Needs node --expose-gc to mean something; a collection happens in long runs anyway.
    (globalThis as { gc?: () => void }).gc?.();
    leave.abort();
    await eventually(() => stage.sync.inspect().subscriptions === 0);
  });
});

test("errors of the server go to next, or are answered with 500 that tells nothing of the insides", async () => {
  const broken = nodeHandler(() => Promise.reject(new Error("secret")));
  const { error } = console;
  const complaints: unknown[] = [];
  console.error = (complaint: unknown) => void complaints.push(complaint);
  try {
    const response = await fetch(await listening(createServer(broken)));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
    expect(complaints.map(String)).toEqual(["Error: secret"]);
    const app = express();
    const seen: unknown[] = [];
    app.all("/live", broken);
    app.use((failed: unknown, _: unknown, res: express.Response, __: unknown) => {
      seen.push(failed);
      res.status(599).end();
    });
    expect((await fetch(await listening(createServer(app)))).status).toBe(599);
    expect(seen.map(String)).toEqual(["Error: secret"]);
  } finally {
    console.error = error;
  }
});
