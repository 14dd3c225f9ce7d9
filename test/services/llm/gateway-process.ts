// A process with a gateway of its own, for tests that need several: `node gateway-process.ts`, configured
// by its environment. Says "ready"; then each line of its input is a command, and each is answered by one
// line of JSON.
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { LlmRequest } from '../../../common/llm.ts';
import { openBreakers } from '../../../services/breaker/open-breakers.ts';
import { resolveOverrides } from '../../../services/breaker/settings/breaker-overrides.ts';
import { openGateway } from '../../../services/llm/open-gateway.ts';
import { createSchemaValidator } from '../../../services/schema/schema-validator.ts';
import { createMetrics } from '../../../services/telemetry/metrics.ts';

/** What the process is told. */
export type GatewayCommand =
  | { readonly do: 'ask' }
  | { readonly do: 'enable'; readonly provider: string }
  | { readonly do: 'routes' }
  | { readonly do: 'metrics' };

const REQUEST: LlmRequest = {
  role: 'worker',
  messages: [{ from: 'user', text: 'Hello?' }],
  tools: [],
  toolChoice: 'none',
  maxOutputTokens: 16,
  temperature: null,
};

const redisUrl = process.env['TEST_REDIS_URL'] ?? null;
const log = pino({ level: 'silent' });
const metrics = createMetrics();
const settings = resolveOverrides(
  'provider',
  JSON.parse(process.env['TEST_BREAKER'] ?? '{}') as object,
);
const guards = openBreakers({ redisUrl, log, settings: () => settings });
const { gateway } = await openGateway({
  env: process.env,
  redisUrl,
  metrics,
  breakers: guards.breakers,
  validator: createSchemaValidator(),
  usage: {
    record: () => undefined,
    since: () => Promise.resolve([]),
    flush: () => Promise.resolve(),
    close: () => Promise.resolve(),
  },
  probeEveryMs: 0,
  log,
});

async function obey(command: GatewayCommand): Promise<unknown> {
  switch (command.do) {
    case 'ask':
      return gateway.complete(REQUEST, { signal: AbortSignal.timeout(60_000) }).then(
        ({ parts }) => ({ parts }),
        (error: { type?: string; message: string }) => ({ type: error.type, said: error.message }),
      );
    case 'enable':
      return { enabled: await gateway.providers.enable(command.provider) };
    case 'routes':
      return gateway.providers.list(DEFAULT_TENANT_ID);
    case 'metrics':
      return metrics.text();
  }
}

process.stdout.write('"ready"\n');
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await obey(JSON.parse(line) as GatewayCommand))}\n`);
}
process.exit(0);
