import type { z } from 'zod';
import { FAILURE } from '../../common/failures.ts';
import type { JsonValue } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';
import { ServiceError } from '../../services/errors.ts';
import { redactDefinition } from '../../services/registry/redact-definition.ts';
import type { RegisteredServer } from '../../services/registry/registered-server.ts';
import type { ServerDefinition } from '../../services/registry/server-definition.ts';
import type { serverSchema } from '../schemas/server-schema.ts';

const MASK = '***';

type ServerView = z.output<typeof serverSchema>;

/** A server as the API shows it: secrets written into its definition are masked. */
export function toServerView(server: RegisteredServer): ServerView {
  const { tenantId: _tenantId, definition, warnings, ...rest } = server;
  // The view's arrays are its own, and may be changed.
  const shown = structuredClone(redactDefinition(definition)) as ServerView['definition'];
  return { ...rest, warnings: [...warnings], definition: shown };
}

/**
 * Puts back what `toServerView` masked, so that a definition can be read, edited and sent back.
 * @throws ServiceError (BadInput) where a masked value has nothing behind it.
 */
export function restoreSecrets(
  definition: ServerDefinition,
  stored: ServerDefinition | null,
): ServerDefinition {
  if (stored === null) return restore(definition, null, null);
  return restore(definition, stored, redactDefinition(stored));
}

function restore(
  definition: ServerDefinition,
  stored: ServerDefinition | null,
  shown: ServerDefinition | null,
): ServerDefinition {
  const asJson = (value: unknown): JsonValue | undefined => value as JsonValue | undefined;
  const transport = unmask(
    asJson(definition.transport) ?? null,
    asJson(stored?.transport),
    asJson(shown?.transport),
    'transport',
  );
  return { ...definition, transport: transport as unknown as ServerDefinition['transport'] };
}

/** Walks the three in step: what was sent, what is stored, and how that was shown. */
function unmask(
  sent: JsonValue,
  stored: JsonValue | undefined,
  shown: JsonValue | undefined,
  path: string,
): JsonValue {
  if (typeof sent === 'string') {
    if (!sent.includes(MASK)) return sent;
    if (sent === shown && typeof stored === 'string') return stored;
    throw new ServiceError(
      FAILURE.badInput,
      `${path} holds "${MASK}", which stands for a stored secret, and none is stored there: send the value.`,
    );
  }
  if (Array.isArray(sent)) {
    return sent.map((item: JsonValue, at) =>
      unmask(item, inside(stored, at), inside(shown, at), `${path}[${at}]`),
    );
  }
  if (!isJsonObject(sent)) return sent;
  return Object.fromEntries(
    Object.entries(sent).map(([key, value]) => [
      key,
      unmask(value, inside(stored, key), inside(shown, key), `${path}.${key}`),
    ]),
  );
}

function inside(value: JsonValue | undefined, key: string | number): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string | number, JsonValue>>)[key];
}
