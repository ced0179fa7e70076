export { LogSpan } from "./log-span.js";
export { LoggedPast } from "./logged-past.js";
export { Moment } from "./moment.js";
export { RewindStep } from "./rewind-step.js";
