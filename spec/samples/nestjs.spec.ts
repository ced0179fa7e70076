import "reflect-metadata";
import type { Server } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { INestApplication } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { connect } from "plinth/client";
import { AppModule } from "../../samples/nestjs/app.module.js";
import type { Live } from "../../samples/nestjs/live.controller.js";
import { Task } from "../../samples/nestjs/task.js";

let app: INestApplication;
let address: string;

beforeAll(async () => {
  app = await NestFactory.create(AppModule.forStore("memory:"), {
    logger: false,
    forceCloseConnections: true,
  });
  await app.listen(0, "127.0.0.1");
  // A slow machine must not lose a kept connection between two requests.
  (app.getHttpServer() as Server).keepAliveTimeout = 0;
  address = await app.getUrl();
});
afterAll(() => app.close());

async function call(tenant: string | null, method: string, path: string, body?: unknown) {
  const answer = await fetch(address + path, {
    method,
    headers: { "content-type": "application/json", ...(tenant !== null && { "x-tenant": tenant }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === "" ? null : JSON.parse(text)) as unknown };
}

async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  for (let waits = 0; !(await check()); waits++) {
    if (waits > 2_000) throw new Error("It never came.");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("each request works on its own tenant, side by side", async () => {
  const made = await Promise.all(
    ["a", "b", "a"].map((tenant, at) => call(tenant, "POST", "/tasks", { title: `${tenant}${at}` })),
  );
  expect(made.map(({ status }) => status)).toEqual([201, 201, 201]);
  const titles = async (tenant: string) =>
    ((await call(tenant, "GET", "/tasks")).body as Task[]).map(({ title }) => title).sort();
  expect(await Promise.all(["a", "b"].map(titles))).toEqual([["a0", "a2"], ["b1"]]);
});

test.each([null, "", "Not A Tenant", "../a"])("the tenant %p is refused", async (tenant) => {
  expect((await call(tenant, "GET", "/tasks")).status).toBe(400);
  expect((await call(tenant, "GET", "/live")).status).toBe(400);
});

describe("a body", () => {
  test.each<[string, unknown, string[]]>([
    ["without a title", {}, ["title"]],
    ["with a title that is too long", { title: "x".repeat(201) }, ["title"]],
    ["with a priority out of range", { title: "x", priority: 6 }, ["priority"]],
    ["with several faults", { title: "", priority: "high" }, ["priority", "title"]],
  ])("%s is refused by the rules of the class, and writes nothing", async (_what, body, fields) => {
    const { status, body: said } = await call("rules", "POST", "/tasks", body);
    expect([status, Object.keys((said as { errors: object }).errors).sort()]).toEqual([422, fields]);
    expect((await call("rules", "GET", "/tasks")).body).toEqual([]);
  });

  test("changes a task, or is answered with 404 and 422", async () => {
    const { id } = (await call("change", "POST", "/tasks", { title: "x", id: "mine" })).body as Task;
    expect(id).not.toBe("mine");
    expect((await call("change", "PATCH", `/tasks/${id}`, { done: true })).body).toMatchObject({
      done: true,
    });
    expect((await call("change", "PATCH", `/tasks/${id}`, { priority: 0 })).status).toBe(422);
    expect((await call("change", "PATCH", "/tasks/none", { done: true })).status).toBe(404);
    expect((await call("other", "DELETE", `/tasks/${id}`)).status).toBe(404);
  });
});

test("the consumer writes down each change once, in order", async () => {
  const { id } = (await call("events", "POST", "/tasks", { title: "x" })).body as Task;
  await call("events", "PATCH", `/tasks/${id}`, { done: true });
  expect((await call("events", "DELETE", `/tasks/${id}`)).status).toBe(204);
  const events = async () => (await call("events", "GET", `/tasks/${id}/events`)).body as string[];
  await eventually(async () => (await events()).includes("deleted"));
  expect(await events()).toEqual(["created", "changed", "deleted"]);
});

test("the stream follows the tasks of its tenant", async () => {
  const page = connect<Live>(`${address}/live`, { headers: { "x-tenant": "live" } });
  try {
    await eventually(() => page.state === "live");
    await call("elsewhere", "POST", "/tasks", { title: "not this one" });
    await call("live", "POST", "/tasks", { title: "this one" });
    await eventually(() => (page.value?.tasks.length ?? 0) > 0);
    expect(page.value?.tasks.map(({ title }) => title)).toEqual(["this one"]);
  } finally {
    page.close();
  }
});
