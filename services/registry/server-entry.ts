import type { JsonObject, JsonValue } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';
import { nearestName } from '../../common/nearest-name.ts';
import type { EffectClass } from '../../common/tool.ts';
import type { ServerTransport } from '../mcp/server-transport.ts';
import type { FieldProblem } from './field-problem.ts';
import { callLimitsSchema } from '../limits/limits-file.ts';
import { readBatches } from './read-batches.ts';
import { readResources } from './read-resources.ts';
import type { ServerDefinition } from './server-definition.ts';
import { SERVER_DEFINITION_DEFAULTS } from './server-definition.ts';

const STDIO_FIELDS = ['command', 'args', 'env', 'cwd'];
const REMOTE_FIELDS = ['url', 'headers'];
const OTHER_FIELDS = [
  'type',
  'disabled',
  'timeoutMs',
  'connectTimeoutMs',
  'trustAnnotations',
  'effects',
  'resources',
  'batches',
  'limits',
  'tags',
  'title',
  'description',
  'protocol',
];
const FIELDS = [...STDIO_FIELDS, ...REMOTE_FIELDS, ...OTHER_FIELDS];

/** Fields of other clients that ask for what a field of ours does: passing them over would mislead. */
const OTHER_CLIENTS: Readonly<Record<string, string>> = {
  timeout: 'timeoutMs',
  enabled: 'disabled',
  serverUrl: 'url',
  httpUrl: 'url',
};

/** Other clients write the same transport in other ways. */
const TYPES: Readonly<Record<string, ServerTransport['kind']>> = {
  stdio: 'stdio',
  http: 'http',
  'streamable-http': 'http',
  streamableHttp: 'http',
  sse: 'sse',
  ws: 'websocket',
  websocket: 'websocket',
};

const PROTOCOLS = ['auto', '2025-11-25', '2026-07-28'] as const;

/**
 * One server of a servers file. Adds what is wrong to `problems`; `null` where the transport is not
 * clear.
 */
export function readServerEntry(
  entry: JsonObject,
  path: readonly string[],
  problems: FieldProblem[],
): ServerDefinition | null {
  const fields = createFields(entry, path, problems);
  for (const name of Object.keys(entry)) {
    if (FIELDS.includes(name)) continue;
    // A field of another client is none of our business; a slip of the pen is.
    const meant = OTHER_CLIENTS[name] ?? nearestName(name, FIELDS);
    if (meant !== null) fields.fail(name, `is not known; did you mean "${meant}"?`);
  }
  const transport = readTransport(entry, fields);
  const defaults = SERVER_DEFINITION_DEFAULTS;
  const definition = {
    enabled: !fields.boolean('disabled', !defaults.enabled),
    callTimeoutMs: fields.number('timeoutMs', defaults.callTimeoutMs),
    connectTimeoutMs: fields.number('connectTimeoutMs', defaults.connectTimeoutMs),
    trustAnnotations: fields.boolean('trustAnnotations', defaults.trustAnnotations),
    // The values are checked with the definition.
    effects: fields.texts('effects') as Readonly<Record<string, EffectClass>>,
    ...readResources(entry['resources'], fields.fail),
    ...readBatches(entry['batches'], fields.fail),
    ...readLimits(entry['limits'], fields.fail),
    tags: fields.list('tags'),
    title: fields.text('title'),
    description: fields.text('description'),
    protocol: fields.oneOf('protocol', PROTOCOLS, defaults.protocol),
  };
  return transport === null ? null : { transport, ...definition };
}

function readLimits(
  written: JsonValue | undefined,
  fail: (name: string, message: string, ...inside: (string | number)[]) => void,
): Pick<ServerDefinition, 'limits'> {
  if (written === undefined || written === null) return {};
  const parsed = callLimitsSchema.safeParse(written);
  if (parsed.success) return { limits: parsed.data };
  for (const { path, message } of parsed.error.issues) {
    const inside = path.filter((key) => typeof key !== 'symbol');
    const example = '{"maxInFlight": 4, "perMinute": 100}';
    fail('limits', `is wrong (${message}); write for example ${example}`, ...inside);
  }
  return {};
}

type Fields = ReturnType<typeof createFields>;

function readTransport(entry: JsonObject, fields: Fields): ServerTransport | null {
  if ('command' in entry && 'url' in entry) {
    fields.fail('url', 'stands beside "command"; a server has one or the other, so remove one');
    return null;
  }
  if (!('command' in entry) && !('url' in entry)) {
    fields.fail(null, 'has neither "command" (a program to start) nor "url" (a server to reach)');
    return null;
  }
  const address = fields.required('command' in entry ? 'command' : 'url');
  const kind = readKind(entry, address, fields);
  if (kind === null) return null;
  const misplaced = kind === 'stdio' ? REMOTE_FIELDS : STDIO_FIELDS;
  for (const name of misplaced) {
    if (name in entry) {
      fields.fail(
        name,
        `has no meaning for a server with "${kind === 'stdio' ? 'command' : 'url'}"; remove it`,
      );
    }
  }
  if (kind === 'stdio') {
    const [args, env, cwd] = [fields.list('args'), fields.texts('env'), fields.text('cwd')];
    return address === null ? null : { kind, command: address, args, env, cwd };
  }
  const headers = fields.texts('headers');
  return address === null ? null : { kind, url: address, headers };
}

function readKind(
  entry: JsonObject,
  address: string | null,
  fields: Fields,
): ServerTransport['kind'] | null {
  const hasCommand = 'command' in entry;
  const written = entry['type'];
  if (written === undefined) {
    if (hasCommand) return 'stdio';
    return /^wss?:/i.test(address ?? '') ? 'websocket' : 'http';
  }
  const kind =
    typeof written === 'string' && Object.hasOwn(TYPES, written) ? TYPES[written] : undefined;
  if (kind === undefined) {
    fields.fail(
      'type',
      `is ${JSON.stringify(written)}, a transport that is not known; it must be "stdio", "http", "sse" or "ws"`,
    );
    return null;
  }
  if ((kind === 'stdio') !== hasCommand) {
    fields.fail(
      'type',
      `is "${String(written)}", which does not fit a server with "${hasCommand ? 'command' : 'url'}"`,
    );
    return null;
  }
  return kind;
}

/** Reads fields by type; one that is wrong is reported and takes its default. */
function createFields(entry: JsonObject, path: readonly string[], problems: FieldProblem[]) {
  const fail = (name: string | null, message: string, ...inside: (string | number)[]) => {
    problems.push({ path: name === null ? path : [...path, name, ...inside], message });
  };
  const wrong = (
    name: string,
    value: JsonValue,
    wanted: string,
    ...inside: (string | number)[]
  ) => {
    fail(name, `is ${brief(value)}; it must be ${wanted}`, ...inside);
  };
  const required = (name: string): string | null => {
    const value = entry[name] ?? null;
    if (typeof value === 'string') return value;
    wrong(name, value, 'text');
    return null;
  };
  return {
    fail,
    required,
    text: (name: string) => ((entry[name] ?? null) === null ? null : required(name)),
    boolean(name: string, otherwise: boolean): boolean {
      const value = entry[name] ?? otherwise;
      if (typeof value === 'boolean') return value;
      wrong(name, value, 'true or false');
      return otherwise;
    },
    number(name: string, otherwise: number): number {
      const value = entry[name] ?? otherwise;
      if (typeof value === 'number') return value;
      wrong(name, value, 'a number of milliseconds');
      return otherwise;
    },
    oneOf<Value extends string>(name: string, values: readonly Value[], otherwise: Value): Value {
      const value = entry[name] ?? otherwise;
      const found = values.find((one) => one === value);
      if (found === undefined) wrong(name, value, `one of ${values.join(', ')}`);
      return found ?? otherwise;
    },
    list(name: string): string[] {
      const value = entry[name] ?? [];
      if (!Array.isArray(value)) {
        wrong(name, value, 'a list of texts');
        return [];
      }
      return (value as readonly JsonValue[]).flatMap((item, index) => {
        if (typeof item === 'string') return [item];
        wrong(name, item, `text: write ${JSON.stringify(String(item))}`, index);
        return [];
      });
    },
    texts(name: string): Record<string, string> {
      const value = entry[name] ?? {};
      if (!isJsonObject(value)) {
        wrong(name, value, 'an object whose values are texts');
        return {};
      }
      const texts = Object.entries(value).flatMap(([key, held]): [string, string][] => {
        if (typeof held === 'string') return [[key, held]];
        wrong(name, held, 'text', key);
        return [];
      });
      return Object.fromEntries(texts);
    },
  };
}

function brief(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
