import type { Logger } from 'pino';
import { DEFAULT_TENANT_ID } from '../../common/tenant.ts';
import type { LlmRequest } from '../../common/llm.ts';
import type { LlmGateway } from './gateway.ts';

const TIMEOUT_MS = 15_000;

/** A few tokens: what is wanted is an answer, whatever it says. */
const REQUEST: LlmRequest = {
  role: 'worker',
  messages: [{ from: 'user', text: 'Answer with the word ok.' }],
  tools: [],
  toolChoice: 'none',
  maxOutputTokens: 16,
  temperature: null,
};

/**
 * Asks every route that was not called since the last look, one after the other: its health is known
 * before someone needs it, and an open breaker is probed with a question that nobody waits for. The
 * calls go the way of all calls: keys, limits, breakers, health, history and cost.
 *
 * @param deps.everyMs between two looks; each is a paid call a silent route.
 */
export function probeRoutes(deps: {
  readonly gateway: Pick<LlmGateway, 'complete' | 'providers'>;
  readonly everyMs: number;
  readonly log: Logger;
}): { look(): Promise<void>; close(): Promise<void> } {
  const { gateway, log } = deps;
  const closing = new AbortController();
  const seen = new Map<string, number>();
  let looking: Promise<void> = Promise.resolve();

  async function ask(route: string): Promise<void> {
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    try {
      await gateway.complete(REQUEST, { signal, model: route });
    } catch (error) {
      // Health and breaker have it already.
      log.info({ route, problem: String(error) }, 'a silent model was asked and did not answer');
    }
  }

  async function look(): Promise<void> {
    for (const { id, state, health, facts } of await gateway.providers.list(DEFAULT_TENANT_ID)) {
      if (closing.signal.aborted) return;
      const isSilent = health.calls === (seen.get(id) ?? 0);
      // A key that is refused stays refused until a person mends it; an embedder has no words.
      const isAskable = state !== 'no-key' && facts.can?.includes('embeddings') !== true;
      if (isSilent && isAskable) await ask(id);
    }
    for (const { id, health } of await gateway.providers.list(DEFAULT_TENANT_ID)) {
      seen.set(id, health.calls);
    }
  }
  const lookOnce = (): Promise<void> =>
    (looking = looking.then(look).catch((error: unknown) => {
      log.warn({ err: error }, 'silent models could not be asked');
    }));
  const timer = setInterval(() => void lookOnce(), deps.everyMs).unref();
  return {
    look: lookOnce,
    async close() {
      clearInterval(timer);
      closing.abort(new Error('The gateway closes.'));
      await looking;
    },
  };
}
