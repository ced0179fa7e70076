import { BadRequestException, type FactoryProvider, Scope } from "@nestjs/common";
import { REQUEST } from "@nestjs/core";
import type { Tenant } from "plinth";
import { PlinthService } from "./plinth.service.js";

/** The tenant of the request at hand; controllers that take it are made for each request. */
export const TENANT = Symbol("TENANT");

/** Whether a header names a tenant. A real service takes it from the session, where nobody can choose it. */
export const isTenantId = (header: unknown): header is string =>
  typeof header === "string" && /^[a-z0-9-]{1,60}$/.test(header);

/** What a request without one is told, with 400. */
export const tenantNeeded =
  "The header x-tenant has to name a tenant: lower-case letters, digits and dashes.";

export const tenantProvider: FactoryProvider<Tenant> = {
  provide: TENANT,
  scope: Scope.REQUEST,
  inject: [REQUEST, PlinthService],
  useFactory(
    request: { headers: Record<string, string | undefined> },
    plinth: PlinthService,
  ): Promise<Tenant> {
    const id = request.headers["x-tenant"];
    if (!isTenantId(id)) throw new BadRequestException(tenantNeeded);
    return plinth.tenant(id);
  },
};
