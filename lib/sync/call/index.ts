export { checkOptions, checkSignal, checkTenantHandle } from "./check-options.js";
export { checkQueries } from "./check-queries.js";
export { onAbort } from "./on-abort.js";
export { callUser, UserFault } from "./user-function.js";
