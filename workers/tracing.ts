import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry-v2';

export interface Tracing {
  /** For the bundle, the workers and the client: each adds its own side of a trace. */
  readonly plugin: OpenTelemetryPlugin;
  /** Sends what is left. */
  close(): Promise<void>;
}

/**
 * Traces of runs by OTLP over HTTP: a run is a trace, its activities are spans.
 *
 * @param endpoint the collector's base address, for example `http://127.0.0.1:4318`.
 */
export function createTracing(endpoint: string): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  const spanProcessor = new BatchSpanProcessor(exporter);
  const resource = resourceFromAttributes({ 'service.name': 'ostinato' });
  const provider = new BasicTracerProvider({ resource, spanProcessors: [spanProcessor] });
  const plugin = new OpenTelemetryPlugin({
    resource,
    spanProcessor,
    tracer: provider.getTracer('ostinato'),
  });
  return { plugin, close: () => provider.shutdown() };
}
