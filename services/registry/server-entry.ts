import type { JsonObject, JsonValue } from '../../common/json.ts';
import { nearestName } from '../../common/nearest-name.ts';
import type { EffectClass } from '../../common/tool.ts';
import type { FieldProblem } from './field-problem.ts';
import { callLimitsSchema } from '../limits/limits-file.ts';
import { readBatches } from './read-batches.ts';
import { createFields } from './entry-fields.ts';
import { readResources } from './read-resources.ts';
import { readTransport, REMOTE_FIELDS, STDIO_FIELDS } from './read-transport.ts';
import type { ServerDefinition } from './server-definition.ts';
import { SERVER_DEFINITION_DEFAULTS } from './server-definition.ts';

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
