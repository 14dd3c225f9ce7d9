// Run by crash.test.ts as a process of its own:
// `node call-and-crash.ts '{"dir", "journal", "tool", "effect", "crashAt", "decision"}'`.
// Makes one call with everything real (database, registry, connection, server) and prints how it
// ended as JSON, unless it kills itself at `crashAt`.
import pino from 'pino';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { EffectClass, ServerName, ToolId } from '../../../common/tool.ts';
import { createArtifactStore } from '../../../services/artifacts/artifact-store.ts';
import { openDatabase } from '../../../services/database/open-database.ts';
import { createEffectLedger } from '../../../services/ledger/effect-ledger.ts';
import { createMcpConnections } from '../../../services/mcp/connections.ts';
import { createRegistry } from '../../../services/registry/registry.ts';
import { SERVER_DEFINITION_DEFAULTS } from '../../../services/registry/server-definition.ts';
import { createSchemaValidator } from '../../../services/schema/schema-validator.ts';
import { createMetrics } from '../../../services/telemetry/metrics.ts';
import type { Failpoint } from '../../../services/tools/call-with-effect.ts';
import { createResultCache } from '../../../services/tools/result-cache.ts';
import { createToolCaller } from '../../../services/tools/tool-caller.ts';

export interface CrashRun {
  readonly dir: string;
  readonly server: string;
  readonly journal: string;
  readonly tool: string;
  readonly effect: EffectClass;
  readonly crashAt: Failpoint | null;
  /** Decided about the call before it is made. */
  readonly decision: 'retry' | 'abort' | null;
}

export interface CrashRunEnd {
  readonly text: string | null;
  readonly failure: { readonly type: string; readonly message: string } | null;
  readonly unknown: readonly string[];
}

const KEY = 't:default:run:1/pay/1';
const run = JSON.parse(process.argv[2] ?? '') as CrashRun;
const server = 'bank' as ServerName;
const tenantId = DEFAULT_TENANT_ID;
const log = pino({ level: 'silent' });

const database = await openDatabase({ kind: 'pglite', dir: run.dir });
const registry = createRegistry(database);
const connections = createMcpConnections({ log, env: process.env });
const validator = createSchemaValidator();
const metrics = createMetrics();
const ledger = createEffectLedger(database);
const artifacts = createArtifactStore(database);

await registry.putServer(tenantId, server, {
  ...SERVER_DEFINITION_DEFAULTS,
  transport: {
    kind: 'stdio',
    command: process.execPath,
    args: [run.server, run.journal],
    env: {},
    cwd: null,
  },
  effects: { [run.tool]: run.effect },
});
const { definition } = await registry.getServer(tenantId, server);
const { transport, connectTimeoutMs, protocol } = definition;
const listing = await connections.listTools({
  tenantId,
  server,
  transport,
  connectTimeoutMs,
  protocol,
});
await registry.recordTools(tenantId, server, listing.tools);
if (run.decision !== null) await ledger.resolve(tenantId, KEY, run.decision);

const caller = createToolCaller({
  registry,
  connections,
  artifacts,
  ledger,
  validator,
  cache: createResultCache({ metrics, log, shared: null }),
  metrics,
  log,
  failpoint(point) {
    if (point === run.crashAt) process.kill(process.pid, 'SIGKILL');
  },
});
const end = await caller
  .call(
    {
      tenant: { tenantId, actor: 'test', scopes: [] },
      tool: `${server}/${run.tool}` as ToolId,
      args: { amount: 5 },
      idempotencyKey: KEY,
      fingerprint: null,
      timeoutMs: 20_000,
      maxTotalTimeoutMs: 20_000,
    },
    { signal: new AbortController().signal, attempt: 1 },
  )
  .then(
    ({ content: [block] }) => ({ text: block?.kind === 'text' ? block.text : null, failure: null }),
    (error: { type: string; message: string }) => ({
      text: null,
      failure: { type: error.type, message: error.message },
    }),
  );
const unknown = (await ledger.listUnknown(tenantId)).map(({ key }) => key);
console.log(JSON.stringify({ ...end, unknown } satisfies CrashRunEnd));
await connections.close();
await validator.close();
await database.close();
