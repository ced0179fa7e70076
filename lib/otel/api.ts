/** The part of `@opentelemetry/api` that is used, in its own shapes.
 *
 * So the package is needed only by those who have it anyway.
 */

export type AttributeValue = string | number | boolean;
export type Attributes = Record<string, AttributeValue>;

export interface Span {
  setAttributes(attributes: Attributes): unknown;
  setStatus(status: { readonly code: number; readonly message?: string }): unknown;
  recordException(error: Error): void;
  end(): void;
}

/** What carries the active span; only handed through. */
export type Context = object;

export interface Tracer {
  startSpan(
    name: string,
    options?: { readonly kind?: number; readonly attributes?: Attributes },
    context?: Context,
  ): Span;
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

/** The module `@opentelemetry/api`, as far as it is used. */
export interface Api {
  readonly trace: { getTracer(name: string): Tracer; setSpan(context: Context, span: Span): Context };
  readonly metrics: { getMeter(name: string): Meter };
  readonly context: { active(): Context };
}

/** `SpanKind.CLIENT` */
export const CLIENT = 2;
/** `SpanStatusCode.ERROR` */
export const ERROR = 2;
