/**
 * The part of `@opentelemetry/api` that is used, in its own shapes, so that the package is needed only by those who
 * have it anyway.
 */

export type AttributeValue = string | number | boolean;
export type Attributes = Record<string, AttributeValue>;

export interface Span {
  setAttributes(attributes: Attributes): unknown;
  setStatus(status: { readonly code: number; readonly message?: string }): unknown;
  recordException(error: Error): void;
  end(): void;
}

export interface Tracer {
  startSpan(name: string, options?: { readonly kind?: number; readonly attributes?: Attributes }): Span;
}

export interface Histogram {
  record(value: number, attributes?: Attributes): void;
}

export interface Counter {
  add(value: number, attributes?: Attributes): void;
}

interface MetricOptions {
  readonly unit?: string;
  readonly description?: string;
  readonly advice?: { readonly explicitBucketBoundaries?: number[] };
}

export interface Meter {
  createHistogram(name: string, options?: MetricOptions): Histogram;
  createCounter(name: string, options?: MetricOptions): Counter;
}

/** `SpanKind.CLIENT` */
export const CLIENT = 2;
/** `SpanStatusCode.ERROR` */
export const ERROR = 2;
