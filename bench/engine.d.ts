import type { Report } from "./harness/report.js";
/** The embedded engine beside raw `lmdb` doing the same work with the same page size. */
export default function engine(report: Report): Promise<void>;
