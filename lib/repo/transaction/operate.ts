/** Runs one operation of a Repo: in the transaction around it, or else in one of its own. */

import { TransactionTimeoutError } from "../../errors.js";
import type { Tenant } from "../../tenant/index.js";
import { currentTrace, type OperationTrace } from "../observe/index.js";
import type { Effective } from "../options/index.js";
import type { RepoCore } from "./core.js";
import { keepCaller } from "./keep-caller.js";
import { run } from "./run.js";
import type { Session } from "./session.js";
import { type RepoState, sessionOf } from "./state.js";
import { agreedTenant, checkTenant, requireTenant } from "./tenancy.js";

/** @param grouped it changes one record, and by itself may be committed together with others that wait for that */
export async function operate<T>(
  state: RepoState,
  tenant: Tenant | undefined,
  body: (session: Session) => Promise<T>,
  { timeoutMs, defaultTenant }: Effective<object> = {},
  grouped = false,
): Promise<T> {
  const { core } = state;
  const trace = currentTrace();
  const told = trace === undefined ? body : tracing(trace, core, body);
  const session = sessionOf(state);
  try {
    if (session !== undefined) {
      checkTenant(session, tenant);
      return await inTime(session, timeoutMs, () =>
        session.operate(() => told(session), state.site, state.told),
      );
    }
    const asked = tenant ?? agreedTenant(defaultTenant);
    const given = asked !== undefined && core.config.tenantId === undefined;
    const own = given ? asked : await requireTenant(core, asked);
    const limits = timeoutMs === undefined ? {} : { timeoutMs };
    return (await run(core, own, told, { alone: true, grouped, ...limits })).value;
  } catch (error) {
    throw keepCaller(error);
  }
}

/** What a call that takes too long would still do is not known, so that its transaction fails with it. */
async function inTime<T>(session: Session, timeoutMs: number | undefined, run: () => Promise<T>): Promise<T> {
  if (timeoutMs === undefined || timeoutMs === 0) return run();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        const error = new TransactionTimeoutError(
          `A call inside of a transaction took longer than its { timeoutMs: ${timeoutMs} }, and the transaction fails with it: what the ` +
            "call would still do is not known. Give it more time, or read less.",
        );
        session.refuseAll(error);
        reject(error);
      },
      Math.min(timeoutMs, MAX_TIMER_MS),
    );
  });
  try {
    return await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The longest that a timer of Node waits; a longer time would end at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

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
