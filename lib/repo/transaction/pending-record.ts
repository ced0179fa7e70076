import { VersionstampPendingError } from "../../errors.js";
import type { SchemaInfo } from "../../schema/index.js";
import { Versionstamp } from "../../tuple/index.js";
import type { Session } from "./session.js";

/** Makes the record's id unreadable until the transaction commits, and fills it in then. */
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
    complete: (versionstamp) => own({ value: Versionstamp.fromBytes(versionstamp, op), writable: true }),
  });
}
