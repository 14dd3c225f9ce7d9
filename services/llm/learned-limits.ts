import { ProviderHttpError } from './provider-http-error.ts';

/**
 * What a model turned out not to take: newer reasoning models refuse a temperature or a forced tool
 * call, and OpenAI's refuse tools in Chat Completions unless their reasoning is switched off; models
 * that do not reason refuse to be asked for their reasoning.
 */
export type ModelLimit =
  'no-temperature' | 'no-forced-tool' | 'no-reasoning-with-tools' | 'no-reasoning-to-keep';

const SIGNS: readonly (readonly [ModelLimit, RegExp])[] = [
  ['no-reasoning-to-keep', /encrypted content is not supported/i],
  ['no-reasoning-with-tools', /reasoning_effort/],
  ['no-temperature', /temperature/],
  ['no-forced-tool', /tool_choice|forced tool use|forcing tool use/i],
];

/**
 * Sends, and where the model refuses a setting by name (a 400) sends once more without it. What was
 * learned holds for the life of the dialect, so this costs one request a model, not one a call.
 */
export function createLearnedLimits() {
  const learned = new Set<ModelLimit>();
  return async function withLimits<T>(
    send: (limits: ReadonlySet<ModelLimit>) => Promise<T>,
    inUse: (limit: ModelLimit) => boolean,
  ): Promise<T> {
    for (;;) {
      // A copy: another call may learn while this one is under way.
      const known = new Set(learned);
      try {
        return await send(known);
      } catch (error) {
        const limit = limitNamedBy(error);
        if (limit === null || known.has(limit) || !inUse(limit)) throw error;
        learned.add(limit);
      }
    }
  };
}

function limitNamedBy(error: unknown): ModelLimit | null {
  const http =
    error instanceof Error && !(error instanceof ProviderHttpError) ? error.cause : error;
  if (!(http instanceof ProviderHttpError) || http.status !== 400) return null;
  return SIGNS.find(([, sign]) => sign.test(http.body))?.[0] ?? null;
}
