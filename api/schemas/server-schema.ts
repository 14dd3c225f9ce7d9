import { z } from 'zod';
import type { EffectClass, ServerName } from '../../common/tool.ts';
import type { ServerAuth } from '../../services/mcp/auth/server-auth.ts';
import { ASSERTION_ALGORITHMS } from '../../services/mcp/auth/server-auth.ts';
import type { ServerTransport } from '../../services/mcp/server-transport.ts';
import type { ServerDefinition } from '../../services/registry/server-definition.ts';
import { callLimitsSchema } from '../../services/limits/limits-file.ts';
import { SERVER_DEFINITION_DEFAULTS } from '../../services/registry/server-definition.ts';

/** Text that ends up in headers, process arguments and log lines. */
const line = (max: number): z.ZodString =>
  z
    .string()
    .max(max)
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not hold control characters');

export const serverName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    'takes 1 to 63 lower-case letters, digits, ".", "_" or "-", and starts with a letter or digit',
  )
  .transform((name) => name as ServerName);

export const effectSchema: z.ZodType<EffectClass> = z
  .enum(['read', 'keyed', 'non-idempotent', 'compensable'])
  .meta({
    id: 'Effect',
    description:
      'What a call may do: `read` has no effect; `keyed` drops repeats of one idempotency key; the others are sent at most once.',
  });

const resourceRule = z.strictObject({
  arg: line(200).min(1),
  kind: z.enum(['path', 'uri', 'id']),
  access: z.enum(['read', 'write']).exactOptional(),
});

const batchRule = z.strictObject({
  tool: line(200).min(1),
  argument: line(200).min(1),
  items: line(200).min(1),
  result: line(200).exactOptional(),
  maxItems: z.int().min(2).max(1_000).exactOptional(),
});

const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'is no header name');
const envName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'is no variable name');

const authSchema = z
  .strictObject({
    grant: z.enum(['authorization_code', 'client_credentials']).default('authorization_code'),
    issuer: line(2048).min(1).exactOptional(),
    clientId: line(2048).min(1).exactOptional(),
    clientSecret: line(8192).min(1).exactOptional(),
    privateKey: z.string().min(1).max(16_384).exactOptional(),
    algorithm: z.enum(ASSERTION_ALGORITHMS).exactOptional(),
    scope: line(4096).min(1).exactOptional(),
  })
  .meta({
    id: 'ServerAuth',
    description:
      'How tokens are got (OAuth 2.1): `client_credentials` with `issuer`, `clientId` and `clientSecret` or `privateKey` (PKCS #8), or by a person who logs in once.',
  }) satisfies z.ZodType<ServerAuth>;

const remote = <Kind extends 'http' | 'sse' | 'websocket'>(kind: Kind, schemes: RegExp) =>
  z.strictObject({
    kind: z.literal(kind),
    url: line(2048).refine(
      (url) => (schemes.test(url) || url.startsWith('${')) && !/^\w+:\/\/[^/?#]*@/.test(url),
      {
        message: `must be a ${kind === 'websocket' ? 'ws:// or wss://' : 'http:// or https://'} address without a user name; put credentials into headers`,
      },
    ),
    headers: z.record(headerName, line(8192)).default({}),
    auth: authSchema.exactOptional(),
  });

/** As it comes in: values may hold `${NAME}`, which the server process expands. */
export const transportSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('stdio'),
      command: line(1024).min(1),
      args: z.array(line(8192)).max(200).default([]),
      env: z.record(envName, line(32_768)).default({}),
      cwd: line(4096).min(1).nullable().default(null),
    }),
    remote('http', /^https?:\/\//i),
    remote('sse', /^https?:\/\//i),
    remote('websocket', /^wss?:\/\//i),
  ])
  .meta({ id: 'Transport' }) satisfies z.ZodType<ServerTransport>;

const DEFAULTS = SERVER_DEFINITION_DEFAULTS;

export const definitionSchema = z
  .strictObject({
    transport: transportSchema,
    enabled: z.boolean().default(DEFAULTS.enabled),
    callTimeoutMs: z.int().min(100).max(3_600_000).default(DEFAULTS.callTimeoutMs),
    connectTimeoutMs: z.int().min(100).max(300_000).default(DEFAULTS.connectTimeoutMs),
    trustAnnotations: z.boolean().default(DEFAULTS.trustAnnotations),
    effects: z.record(z.string().min(1).max(200), effectSchema).default({}),
    resources: z
      .record(z.string().min(1).max(200), z.array(resourceRule).min(1).max(20))
      .exactOptional()
      .meta({ description: 'By tool name: the arguments that name all that the tool touches.' }),
    batches: z.record(z.string().min(1).max(200), batchRule).exactOptional().meta({
      description:
        'By tool name: the tool of the same server and effect class (`read` or `keyed`) that may be called once for several calls of it. `result` is the path of the list of results in its answer.',
    }),
    limits: callLimitsSchema.exactOptional().meta({
      description: 'Of calls to the server, over all workers: at once, and begun within a minute.',
    }),
    tags: z.array(line(64).min(1)).max(50).default([]),
    title: line(200).nullable().default(null),
    description: line(4000).nullable().default(null),
    protocol: z.enum(['auto', '2025-11-25', '2026-07-28']).default(DEFAULTS.protocol),
  })
  .meta({ id: 'ServerDefinition' }) satisfies z.ZodType<ServerDefinition>;

export const serverSchema = z
  .object({
    name: z.string(),
    definition: definitionSchema.meta({
      description: 'Secrets are shown as "***"; sent back like that they stay as they are.',
    }),
    trust: z.enum(['operator', 'tenant']).meta({
      description:
        'Who chose its address: `operator` by the configuration or from the machine itself, `tenant` by this API. A server of a tenant is reached in the public internet and where OSTINATO_ALLOW_PRIVATE_URLS says.',
    }),
    status: z.enum(['unknown', 'ready', 'unreachable', 'disabled']),
    problem: z.string().nullable(),
    lastSeenMs: z.number().nullable(),
    era: z.string().nullable().meta({ description: 'Protocol version that it speaks.' }),
    serverInfo: z.object({ name: z.string(), version: z.string() }).nullable(),
    instructions: z.string().nullable(),
    warnings: z.array(z.string()),
    toolCount: z.number(),
    version: z.number(),
  })
  .meta({ id: 'Server' });

export const refreshSchema = z
  .object({
    ok: z.boolean(),
    problem: z.string().nullable(),
    catalogueVersion: z.number().nullable(),
    added: z.array(z.string()),
    changed: z.array(z.string()),
    removed: z.array(z.string()),
  })
  .meta({ id: 'Refresh', description: 'Tool ids by what became of them.' });
