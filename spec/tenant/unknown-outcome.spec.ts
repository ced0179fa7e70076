import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { openEngine } from "../../lib/engine/open.js";
import type { Engine, Transaction } from "../../lib/engine/port/engine.js";
import { EngineError } from "../../lib/engine/port/engine-error.js";
import { TenantExistsError, TenantNotFoundError } from "../../lib/errors.js";
import { Tenant } from "../../lib/tenant/index.js";
import { SpecHost } from "./host.js";

/** Commits that happen, and then say that nobody knows whether they did. */
let unknown = 0;
/** What another process does before the next attempt. */
let meanwhile: (() => Promise<unknown>) | undefined;
let engine: Engine;
let host: SpecHost;
let other: SpecHost;

const doubting = (tx: Transaction): Transaction =>
  new Proxy(tx, {
    get(target, name) {
      if (name === "commit" && unknown > 0) {
        return async () => {
          await target.commit();
          if (target.getCommittedVersion() === -1n) return;
          unknown--;
          await meanwhile?.();
          throw new EngineError(1021);
        };
      }
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });

beforeEach(async () => {
  engine = await openEngine("memory:");
  other = new SpecHost(engine);
  host = new SpecHost({
    ...engine,
    kind: engine.kind,
    url: engine.url,
    close: () => engine.close(),
    begin: (options) => doubting(engine.begin(options)),
  });
  unknown = 1;
  meanwhile = undefined;
});
afterEach(() => engine.close());

test("create knows its own tenant again", async () => {
  const tenant = await Tenant.create(host, "acme");
  expect(unknown).toBe(0);
  expect((await Tenant.open(other, "acme")).incarnation).toEqual(tenant.incarnation);
});

test("create still refuses another one's", async () => {
  await Tenant.create(other, "acme");
  await expect(Tenant.create(host, "acme")).rejects.toThrow(TenantExistsError);
});

test("openOrCreate and openEmpty make one tenant", async () => {
  const tenant = await Tenant.openOrCreate(host, "acme");
  unknown = 1;
  expect((await Tenant.openEmpty(host, "acme")).incarnation).toEqual(tenant.incarnation);
  expect((await Tenant.open(other, "acme")).incarnation).toEqual(tenant.incarnation);
});

test("delete counts what its first attempt did", async () => {
  await Tenant.create(other, "acme");
  await Tenant.delete(host, "acme");
  expect([unknown, await Tenant.exists(other, "acme")]).toEqual([0, false]);
  await expect(Tenant.delete(host, "acme")).rejects.toThrow(TenantNotFoundError);
});

test("delete and clear spare a tenant that was made between their attempts", async () => {
  for (const use of [Tenant.delete, Tenant.clearAndDelete]) {
    await Tenant.clearAndDelete(other, "acme");
    await Tenant.create(other, "acme");
    unknown = 1;
    meanwhile = () => Tenant.create(other, "acme");
    await use(host, "acme");
    expect(await Tenant.exists(other, "acme")).toBe(true);
  }
});
