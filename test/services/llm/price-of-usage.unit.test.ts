// Proves that a call's cost is the public list's to the last digit, and unknown where a part of it is.
import { calcPrice } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { priceOfUsage } from '../../../services/llm/price-of-usage.ts';

const AT_MS = Date.UTC(2026, 10, 26);
const usage = {
  inputTokens: 3,
  cacheReadTokens: 9_511,
  cacheWriteTokens: 1_956,
  outputTokens: 44,
  reasoningTokens: null,
};
const anthropic = { kind: 'list', vendor: 'anthropic' } as const;

describe('priceOfUsage', () => {
  it('uncached, read and written tokens → each at its own price, as the list adds them', () => {
    const price = priceOfUsage(usage, 'claude-haiku-4-5-20251001', anthropic, AT_MS);
    // 3 at $1, 9,511 at $0.10, 1,956 at $1.25 and 44 at $5 a million.
    expect(price).toBeCloseTo((3 + 951.1 + 2_445 + 220) / 1e6, 12);
    expect(price).toBe(
      calcPrice(
        {
          input_tokens: 11_470,
          cache_read_tokens: 9_511,
          cache_write_tokens: 1_956,
          output_tokens: 44,
        },
        'claude-haiku-4-5-20251001',
        { providerId: 'anthropic', timestamp: new Date(AT_MS) },
      )?.total_price,
    );
  });

  it('tokens kept for an hour → at the higher price', () => {
    const hour = priceOfUsage(
      { ...usage, pricedApart: { cache_write_1h_tokens: 1_956 } },
      'claude-haiku-4-5',
      anthropic,
      AT_MS,
    );
    expect(hour).toBeCloseTo((3 + 951.1 + 3_912 + 220) / 1e6, 12);
  });

  it.each([
    ['a model that the list lacks', usage, 'some-model', anthropic],
    ['no number of output tokens', { ...usage, outputTokens: null }, 'claude-haiku-4-5', anthropic],
    ['no source of prices', usage, 'claude-haiku-4-5', { kind: 'unknown' } as const],
  ])('%s → null, not 0', (_case, used, model, source) => {
    expect(priceOfUsage(used, model, source, AT_MS)).toBeNull();
  });

  it('own prices and a free model → the operator is believed', () => {
    const prices = { inputPerMillion: 1, outputPerMillion: 2, cacheReadPerMillion: 0.5 };
    expect(priceOfUsage(usage, 'm', { kind: 'own', prices }, AT_MS)).toBeCloseTo(
      (3 + 4_755.5 + 1_956 + 88) / 1e6,
      12,
    );
    expect(priceOfUsage(usage, 'm', { kind: 'free' }, AT_MS)).toBe(0);
  });

  it('a share of the list → so much of its price', () => {
    const whole = priceOfUsage(usage, 'claude-haiku-4-5-20251001', anthropic, AT_MS) ?? NaN;
    const half = { ...anthropic, share: 0.5 };
    expect(priceOfUsage(usage, 'claude-haiku-4-5-20251001', half, AT_MS)).toBe(whole / 2);
  });
});
