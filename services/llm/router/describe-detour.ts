import type { LlmAttempt } from '../../../common/llm-routing.ts';
import type { Route } from './route.ts';

/** Qualities of the table are no finer than this. */
const SAME_QUALITY = 0.03;

/**
 * What is different about an answer that the first choice did not give, for `LlmRouting.degraded`;
 * `null` where it did.
 *
 * @param attempts those before the one that served.
 */
export function describeDetour(
  first: Route,
  served: Route,
  attempts: readonly LlmAttempt[],
): string | null {
  if (served.id === first.id) {
    const hadKey = attempts.some(({ route }) => route === served.id);
    return hadKey ? `another key of ${served.provider}` : null;
  }
  if (served.model === first.model) {
    return `the same model by ${served.provider} instead of ${first.provider}`;
  }
  const less = whatIsLess(first, served);
  return less.length === 0
    ? `an equivalent model: ${served.id} instead of ${first.id}`
    : `a lesser model: ${served.id} instead of ${first.id} (${less.join(', ')})`;
}

function whatIsLess(first: Route, served: Route): readonly string[] {
  if (first.equivalent !== null && first.equivalent === served.equivalent) return [];
  const { facts: before } = first;
  const { facts: now } = served;
  const lost = (before.can ?? []).filter((one) => now.can !== null && !now.can.includes(one));
  return [
    ...lost.map((one) => `no ${one}`),
    ...shorter('tokens of context', before.contextTokens, now.contextTokens),
    ...shorter('tokens of answer', before.outputTokens, now.outputTokens),
    ...(now.quality < before.quality - SAME_QUALITY
      ? [`quality ${now.quality} instead of ${before.quality}`]
      : []),
  ];
}

function shorter(what: string, before: number | null, now: number | null): readonly string[] {
  if (before === null || now === null || now >= before) return [];
  return [`${now} ${what} instead of ${before}`];
}
