export type { Attributes, AttributeValue, Counter, Histogram, Meter, Span, Tracer } from "./api.js";
export { startTelemetry, type TelemetryOptions } from "./telemetry.js";
