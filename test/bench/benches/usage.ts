// Whether a call costs what the price list says: recorded usage objects of every provider, read by our
// dialects and priced by us, beside the list's own counts of the same objects priced by the list.
import { calcPrice } from '@pydantic/genai-prices';
import type { LlmResponse } from '../../../common/llm.ts';
import { fromAnthropicAnswer } from '../../../services/llm/dialects/anthropic/from-answer.ts';
import { fromGeminiAnswer } from '../../../services/llm/dialects/google/from-answer.ts';
import { fromOllamaAnswer } from '../../../services/llm/dialects/ollama/from-answer.ts';
import { fromOpenAiAnswer } from '../../../services/llm/dialects/openai/from-answer.ts';
import { priceOfUsage } from '../../../services/llm/price-of-usage.ts';
import type { Bench, BenchRow } from '../bench.ts';
import type { UsageCase } from '../support/usage-cases.ts';
import { usageCases } from '../support/usage-cases.ts';

type Answer = Pick<LlmResponse, 'usage'>;

const OWNER = { dialect: 'none', provider: 'none/m' };

/** Each dialect reads a whole answer: the usage object stands in the least one. */
const READ: Readonly<Record<UsageCase['provider'], (usage: unknown) => Answer>> = {
  openai: (usage) =>
    fromOpenAiAnswer({ choices: [{ message: { content: 'x' }, finish_reason: 'stop' }], usage }),
  anthropic: (usage) =>
    fromAnthropicAnswer(
      { content: [{ type: 'text', text: 'x' }], stop_reason: 'end_turn', usage },
      OWNER,
    ),
  google: (usageMetadata) =>
    fromGeminiAnswer(
      {
        candidates: [{ content: { parts: [{ text: 'x' }] }, finishReason: 'STOP' }],
        usageMetadata,
      },
      OWNER,
    ),
};

export const bench: Bench = {
  summary: 'cost of recorded usage objects against the price list, to the last digit',
  async run({ dataDir, note }) {
    const nowMs = Date.now();
    const cases = await usageCases(orNull(dataDir));
    const rows: BenchRow[] = [];
    for (const provider of ['openai', 'anthropic', 'google'] as const) {
      const wrong = cases
        .filter((one) => one.provider === provider)
        .map((one) => {
          const ours = ourPrice(one, nowMs);
          const theirs = listPrice(one, nowMs);
          if (ours !== theirs) note(`${provider}/${one.model}: ${ours}, the list says ${theirs}`);
          return ours !== theirs;
        });
      rows.push(...rowsOf(provider, wrong));
    }
    return [...rows, ...rowsOf('ollama', ollama(nowMs))];
  },
};

function ourPrice({ provider, model, usage }: UsageCase, nowMs: number): number | null {
  const source = { kind: 'list', vendor: provider } as const;
  return priceOfUsage(READ[provider](usage).usage, model, source, nowMs);
}

function listPrice({ provider, model, counts }: UsageCase, nowMs: number): number | null {
  const options = { providerId: provider, timestamp: new Date(nowMs) };
  return calcPrice(counts, model, options)?.total_price ?? null;
}

/** Runs on the operator's machine: no list has it, and it costs nothing, known counts or not. */
function ollama(nowMs: number): readonly boolean[] {
  const counts = [{ prompt_eval_count: 156, eval_count: 58 }, { prompt_eval_count: 1 }, {}];
  return counts.map((given) => {
    const message = { role: 'assistant', content: 'x' };
    const { usage } = fromOllamaAnswer({ message, done_reason: 'stop', ...given });
    return priceOfUsage(usage, 'smollm2', { kind: 'free' }, nowMs) !== 0;
  });
}

function rowsOf(provider: string, wrong: readonly boolean[]): readonly BenchRow[] {
  return [
    { case: provider, measure: 'cases', value: wrong.length, unit: '' },
    { case: provider, measure: 'wrong', value: wrong.filter(Boolean).length, unit: '' },
  ];
}

function orNull(dataDir: () => string): string | null {
  try {
    return dataDir();
  } catch {
    return null;
  }
}
