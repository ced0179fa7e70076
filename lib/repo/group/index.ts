export { atRoot } from "./at-root.js";
export { HotRecords } from "./hot-records.js";
export { MemberTransaction } from "./member-transaction.js";
export { beginningLate } from "./own-transaction.js";
export { type Seat, type Settlement, Ticket } from "./ticket.js";
