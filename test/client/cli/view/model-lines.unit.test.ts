// Proves how a run says which models served it, and why others did not. Pure.
import { describe, expect, it } from 'vitest';
import { modelLines } from '../../../../client/cli/view/model-lines.ts';
import type { RunDetail } from '../../../../client/index.ts';
import type { AgentResult, RunProgress } from '../../../../common/agent.ts';
import type { LlmAttempt } from '../../../../common/llm-routing.ts';
import type { ModelChoice } from '../../../../common/model-choice.ts';
import { PLAIN } from './support.ts';

const ok = (route: string, why = 'in the order configured'): LlmAttempt => ({
  ...{ route, outcome: 'ok', why, durationMs: 800 },
});

const choice = (turn: number, ...attempts: readonly LlmAttempt[]): ModelChoice => ({
  ...{ turn, preset: 'configured', attempts },
});

function ended(models: readonly ModelChoice[]): Pick<RunDetail, 'result' | 'progress'> {
  return { result: { outcome: 'answered', models } as unknown as AgentResult, progress: null };
}

describe('modelLines', () => {
  it('the same model over turns → one line, with its latest reason', () => {
    const models = [choice(1, ok('a/x')), choice(1, ok('a/x')), choice(3, ok('a/x', 'cheap: $1'))];
    expect(modelLines(ended(models), PLAIN)).toEqual([
      'Models       turns 1-3, 3 calls: a/x (cheap: $1)',
    ]);
  });

  it('a switch, one passed over, a lesser model → each with its cause, and the calls around apart', () => {
    const limited = { route: 'a/x', outcome: 'Llm.RateLimited', why: '429: slow down' } as const;
    const skipped = { route: 'b/y', outcome: 'skipped', why: 'its breaker is open' } as const;
    const switched = choice(
      2,
      { ...limited, durationMs: 1_230 },
      { ...skipped, durationMs: 0 },
      ok('c/z'),
    );
    const models = [
      choice(1, ok('a/x')),
      { ...switched, degraded: ['a lesser model: c/z instead of a/x'] },
      choice(2, ok('c/z')),
    ];
    expect(modelLines(ended(models), PLAIN)).toEqual([
      'Models       turn 1: a/x (in the order configured)',
      '             turn 2: c/z (in the order configured)',
      '               gave up a/x after 1.23 s, Llm.RateLimited: 429: slow down',
      '               passed over b/y: its breaker is open',
      '               Degraded: a lesser model: c/z instead of a/x',
      '             turn 2: c/z (in the order configured)',
    ]);
  });

  it('more switches than fit → the latest six, and how many calls came before', () => {
    const models = [1, 2, 3, 4, 5, 6, 7, 8].map((turn) => choice(turn, ok(`a/${turn}`)));
    const lines = modelLines(ended(models), PLAIN);
    expect(lines).toHaveLength(7);
    expect(lines[0]).toBe('Models       2 earlier calls: see --json');
    expect(lines[1]).toBe('             turn 3: a/3 (in the order configured)');
  });

  it('a run that goes on → from its progress', () => {
    const progress = { models: [choice(1, ok('a/x'))] } as unknown as RunProgress;
    expect(modelLines({ result: null, progress }, PLAIN)).toHaveLength(1);
  });

  it('no model was asked, or a plan was run → nothing', () => {
    expect(modelLines({ result: null, progress: null }, PLAIN)).toEqual([]);
    expect(modelLines(ended([]), PLAIN)).toEqual([]);
  });

  it('what a provider says holds commands and lines → none reaches the terminal', () => {
    const bad = { route: 'a/x', outcome: 'Llm.Unavailable', why: 'no\u001b[2J\nway' } as const;
    const [, line] = modelLines(ended([choice(1, { ...bad, durationMs: 1 }, ok('b/y'))]), PLAIN);
    expect(line).toBe('               gave up a/x after 1 ms, Llm.Unavailable: no way');
  });
});
