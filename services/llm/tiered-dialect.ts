import type { LlmUsage } from '../../common/llm.ts';
import type { DialectEvent, LlmDialect } from './llm-dialect.ts';
import type { ServiceTier } from './llm-provider-config.ts';
import { ProviderHttpError } from './provider-http-error.ts';

/** OpenAI's words, and Groq's; Google says that it is overloaded. */
const NO_ROOM =
  /resource[ _]?unavailable|capacity[ _]?exceeded|"RESOURCE_EXHAUSTED"|"UNAVAILABLE"/i;
const NO_ROOM_STATUS: readonly number[] = [429, 498, 503];
const UNKNOWN_TIER = /service[ _]?tier|\bflex\b/i;

/**
 * Asks by a tier of service that is cheaper and may have no room; where it has none, the same call goes
 * by the usual tier, at the usual price. A model that does not know the tier is not asked for it again.
 * What else goes wrong is as it is. Nothing was sent by then: a refusal comes before an answer begins.
 */
export function tieredDialect(
  tier: ServiceTier,
  tiered: LlmDialect,
  usual: LlmDialect,
): LlmDialect {
  let isKnown = true;
  /** @throws the error itself where the usual tier would not do better. */
  const orUsual = (error: unknown): void => {
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    if (refusal === 'unknown') isKnown = false;
  };
  return {
    embed: usual.embed,
    async complete(request, signal) {
      if (isKnown) {
        try {
          return marked(await tiered.complete(request, signal), tier);
        } catch (error) {
          orUsual(error);
        }
      }
      return marked(await usual.complete(request, signal), 'standard');
    },
    async *stream(request, signal) {
      if (isKnown) {
        let began = false;
        try {
          for await (const event of tiered.stream(request, signal)) {
            began = true;
            yield markedEvent(event, tier);
          }
          return;
        } catch (error) {
          if (began) throw error;
          orUsual(error);
        }
      }
      for await (const event of usual.stream(request, signal)) {
        yield markedEvent(event, 'standard');
      }
    },
  };
}

/** Says by which tier it was charged, where the provider did not. */
function marked<T extends { readonly usage: Omit<LlmUsage, 'costUsd'> }>(
  answer: T,
  tier: string,
): T {
  return { ...answer, usage: { tier, ...answer.usage } };
}

function markedEvent(event: DialectEvent, tier: string): DialectEvent {
  if (event.kind === 'usage') return marked(event, tier);
  return event.kind === 'finish' ? { ...event, answer: marked(event.answer, tier) } : event;
}

function refusalOf(error: unknown): 'no-room' | 'unknown' | null {
  if (!(error instanceof ProviderHttpError)) return null;
  const { status, body } = error;
  if (NO_ROOM_STATUS.includes(status) && NO_ROOM.test(body)) return 'no-room';
  return status === 400 && UNKNOWN_TIER.test(body) ? 'unknown' : null;
}
