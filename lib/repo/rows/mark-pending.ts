/** Makes the id of a record unreadable until its transaction commits, which assigns it, and fills it in then. */

import { VersionstampPendingError } from "../../errors.js";
import type { SchemaInfo } from "../../schema/index.js";
import { Versionstamp } from "../../tuple/index.js";
import type { Session } from "../transaction/index.js";

export function markPending(session: Session, info: SchemaInfo, record: object, op: number): void {
  const { name } = info.primaryKey;
  const own = (value: PropertyDescriptor) =>
    Object.defineProperty(record, name, { configurable: true, enumerable: true, ...value });
  own({
    get() {
      throw new VersionstampPendingError(
        `${info.name}.${name} is a versionstamp, which the commit assigns. Read it after the transaction: return the record ` +
          "from repo.transactional and use its id then.",
      );
    },
  });
  session.pending.push({
    source: info.source,
    record,
    complete: (versionstamp) => own({ value: Versionstamp.fromBytes(versionstamp, op), writable: true }),
  });
}
