/** Flags that several verbs take. */

import type { FlagSpecs } from "./flags.js";

/** For verbs that work on all tenants unless told otherwise. */
export const tenantFlag = {
  tenant: {
    type: "string",
    short: "t",
    multiple: true,
    placeholder: "ID",
    summary: "this tenant; default: all",
  },
} as const satisfies FlagSpecs;

export const concurrencyFlag = {
  concurrency: {
    type: "integer",
    placeholder: "N",
    summary: "tenants at a time; default: twice the processors",
  },
} as const satisfies FlagSpecs;

/** For verbs that ask before they destroy something. */
export const yesFlag = {
  yes: { type: "boolean", short: "y", summary: "do not ask" },
} as const satisfies FlagSpecs;
