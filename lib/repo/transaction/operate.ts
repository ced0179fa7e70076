/** Runs one operation of a Repo: in the transaction around it, or else in one of its own. */

import type { Tenant } from "../../tenant/index.js";
import { currentTrace, type OperationTrace } from "../observe/index.js";
import type { RepoCore } from "./core.js";
import { keepCaller } from "./keep-caller.js";
import { run } from "./run.js";
import type { Session } from "./session.js";
import { type RepoState, sessionOf } from "./state.js";
import { checkTenant, requireTenant } from "./tenancy.js";

/** @param grouped it changes one record, and by itself may be committed together with others that wait for that */
export async function operate<T>(
  state: RepoState,
  tenant: Tenant | undefined,
  body: (session: Session) => Promise<T>,
  grouped = false,
): Promise<T> {
  const { core } = state;
  const trace = currentTrace();
  const told = trace === undefined ? body : tracing(trace, core, body);
  const session = sessionOf(state);
  try {
    if (session !== undefined) {
      checkTenant(session, tenant);
      return await session.operate(() => told(session), state.site, state.told);
    }
    const given = tenant !== undefined && core.config.tenantId === undefined;
    const own = given ? tenant : await requireTenant(core, tenant);
    return (await run(core, own, told, { alone: true, grouped })).value;
  } catch (error) {
    throw keepCaller(error);
  }
}

/** Completes the facts of an operation that somebody listens to. */
function tracing<T>(trace: OperationTrace, core: RepoCore, body: (session: Session) => Promise<T>) {
  return async (session: Session): Promise<T> => {
    trace.tenant = session.tenant.id;
    trace.system = core.opened?.kind;
    trace.attempts = session.attempt;
    const result = await body(session);
    trace.readVersion = await session.layer.tx.getReadVersion();
    return result;
  };
}
