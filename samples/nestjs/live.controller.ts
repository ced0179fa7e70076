import type { IncomingMessage, ServerResponse } from "node:http";
import { All, Controller, Inject, Req, Res } from "@nestjs/common";
import { from, type Sync } from "plinth";
import { type NodeHandler, nodeHandler, syncHandler } from "plinth/web";
import { PlinthService } from "./plinth.service.js";
import { Task } from "./task.js";
import { isTenantId, tenantNeeded } from "./tenant.provider.js";

const queriesOf = (sync: Sync) => ({ tasks: sync.all(from(Task).orderBy("insertedAt")) });

/** For the page: `connect<Live>("/live")` of `plinth/client`. */
export type Live = ReturnType<typeof queriesOf>;

/**
 * Server-sent events of the live queries of a tenant. One handler for all requests, because the streams of a page and the
 * requests that change them meet in it; so the tenant is found by the request, and not injected.
 */
@Controller()
export class LiveController {
  readonly #handler: NodeHandler;

  constructor(@Inject(PlinthService) plinth: PlinthService) {
    const { sync } = plinth;
    const handler = syncHandler(sync, async (request) => {
      const id = request.headers.get("x-tenant");
      if (!isTenantId(id))
        return Response.json({ code: "no_tenant", message: tenantNeeded }, { status: 400 });
      return { tenant: await plinth.tenant(id), queries: queriesOf(sync) };
    });
    this.#handler = nodeHandler(handler);
  }

  @All("live")
  live(@Req() request: IncomingMessage, @Res() response: ServerResponse) {
    return this.#handler(request, response);
  }
}
