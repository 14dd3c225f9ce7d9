import { z } from 'zod';
import { errorBodySchema } from '../error-answer.ts';

const openAiErrorSchema = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().meta({ description: 'For programs to branch on; never renamed.' }),
    }),
  })
  .meta({ id: 'OpenAiError' });

interface RouteSchema {
  readonly tags?: readonly string[];
  readonly params?: unknown;
  readonly querystring?: unknown;
  readonly body?: unknown;
  readonly response?: unknown;
}

/**
 * The schema of a route with the errors that need no word of its own, since what comes before its
 * handler answers with them: a name, a query or a body that is wrong, too long or of another type.
 */
export function withSharedAnswers<Schema extends RouteSchema>(schema: Schema, url: string): Schema {
  const { params, querystring, body, response } = schema;
  const statuses = [
    ...(params === undefined && querystring === undefined && body === undefined ? [] : [400]),
    ...(params === undefined ? [] : [414]),
    ...(body === undefined ? [] : [413, 415]),
  ];
  const isOpenAi = isOpenAiRoute(url);
  const all = isOpenAi ? [...statuses, 401, 404, 408, 429, 500, 502, 503, 504] : statuses;
  const errors = Object.fromEntries(
    all.map((status) => [status, isOpenAi ? openAiErrorSchema : errorBodySchema]),
  );
  const own = (response ?? {}) as Readonly<Record<string, unknown>>;
  if (all.length === 0) return schema;
  const ok = isOpenAi ? { 200: z.looseObject({}) } : {};
  return { ...schema, response: { ...ok, ...errors, ...own } };
}

function isOpenAiRoute(url: string): boolean {
  return ['/v1/chat/completions', '/v1/responses', '/v1/embeddings', '/v1/models'].includes(url);
}

/** What a route `produces` is its good answer alone: its errors are JSON, as all are. */
export function withOwnContent<Schema extends { response?: unknown; produces?: readonly string[] }>(
  schema: Schema,
): Schema {
  const { produces, ...rest } = schema;
  const response = rest.response as Readonly<Record<string, object>> | undefined;
  const good = response?.['200'];
  const [type] = produces ?? [];
  if (good === undefined || type === undefined) return schema;
  const own = { description: 'As it comes.', content: { [type]: { schema: good } } };
  return { ...rest, response: { ...response, 200: own } } as unknown as Schema;
}
