import { context, propagation } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry-v2';
import type { WorkerOptions } from '@temporalio/worker';
import { describeSpans } from './interceptors/describe-spans.ts';
import { createSpanContexts } from './span-contexts.ts';

type WorkerPlugin = NonNullable<WorkerOptions['plugins']>[number];

export interface Tracing {
  /** For the bundle: the workflow's side of a trace. */
  readonly plugin: OpenTelemetryPlugin;
  /** For the workers, which make the spans of activities. */
  readonly workerPlugins: readonly WorkerPlugin[];
  /** Sends what is left. */
  close(): Promise<void>;
}

/** Spans to a collector, by OTLP over HTTP. @param endpoint its base address: `http://127.0.0.1:4318` */
export function otlpExporter(endpoint: string): SpanExporter {
  return new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
}

/**
 * Traces of runs: a run is a trace, its activities are spans, which say what was found, sent and
 * spared. Until `close`, OpenTelemetry's global settings of this process are set for it.
 */
export function createTracing(exporter: SpanExporter): Tracing {
  // Without these two an activity does not know of the run that it belongs to.
  context.setGlobalContextManager(createSpanContexts());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  const spanProcessor = new BatchSpanProcessor(exporter);
  const resource = resourceFromAttributes({ 'service.name': 'ostinato' });
  const provider = new BasicTracerProvider({ resource, spanProcessors: [spanProcessor] });
  const plugin = new OpenTelemetryPlugin({
    resource,
    spanProcessor,
    tracer: provider.getTracer('ostinato'),
  });
  return {
    plugin,
    workerPlugins: [plugin, describing],
    async close() {
      await provider.shutdown();
      context.disable();
      propagation.disable();
    },
  };
}

/** Comes after the plugin that makes the spans, so that its interceptor runs inside of them. */
const describing: WorkerPlugin = {
  name: 'ostinato-spans',
  configureWorker(options) {
    const { interceptors } = options;
    const activity = [...(interceptors?.activity ?? []), describeSpans()];
    return { ...options, interceptors: { ...interceptors, activity } };
  },
};
