// Proves what is said at the end of a run.
import { describe, expect, it } from 'vitest';
import { runEnding } from '../../../../client/cli/view/run-ending.ts';
import type { RunDetail } from '../../../../client/index.ts';
import { PLAIN, report } from './support.ts';

describe('runEnding', () => {
  const places = { temporalUi: 'http://ui/x', api: 'http://api/v1/runs/r1' };
  const run = (given: Partial<RunDetail>): RunDetail => ({
    runId: 'r1',
    workflowId: 't:default:run:r1',
    kind: 'agent',
    agent: 'agent',
    summary: null,
    status: 'completed',
    outcome: null,
    startedAtMs: 0,
    endedAtMs: 1,
    progress: null,
    result: null,
    failure: null,
    ...given,
  });
  const agent = {
    planner: { kind: 'offline' as const, provider: null, model: null },
    turns: 2,
    toolCalls: 2,
    usage: {} as never,
    steps: [report('a', { from: 0, to: 100 }), report('b', { from: 0, to: 60 })],
  };

  it('an answer → answer, time, what ran in parallel, what it saved, planner, links', () => {
    const result = { ...agent, outcome: 'answered' as const, answer: 'It is 42.' };
    expect(runEnding(run({ result }), places, PLAIN)).toEqual([
      '',
      'Answer',
      'It is 42.',
      '',
      'Time         100 ms, 2 steps with 2 tools',
      'In parallel  a + b',
      'Saved        60 ms: one after another they take 160 ms',
      'Planner      offline planner (no language model), 2 turns',
      'Run          r1',
      'Temporal UI  http://ui/x',
      'API          http://api/v1/runs/r1',
    ]);
  });

  it('a run with a model → what it sent, and what it spared by each way', () => {
    const context = {
      sent: { instructions: 4_000, tools: 1_500, history: 6_000, results: 900 },
      saved: { schemas: 0, results: 30_000, repeats: 0, history: 2_040, tools: 7 },
      compactions: 1,
    };
    const result = { ...agent, outcome: 'answered' as const, answer: 'x', context };
    expect(runEnding(run({ result }), places, PLAIN)).toContain(
      'Context      12.4k tokens sent; 32.0k spared (cut results 30.0k, summaries 2.0k, unused tools 7)',
    );
  });

  it.each([
    [{ ...agent, outcome: 'needs-input' as const, question: 'Which file?' }, 'Which file?'],
    [{ ...agent, outcome: 'failed' as const, reason: 'No tool fits.' }, 'Failed. No tool fits.'],
    [{ ...agent, outcome: 'cancelled' as const, reason: 'By hand.' }, 'Cancelled. By hand.'],
    [
      { ...agent, outcome: 'out-of-budget' as const, limit: 'maxTurns' as const, answer: null },
      'Stopped at the limit maxTurns.',
    ],
  ])('an agent that ended as %o → says it', (result, said) => {
    expect(runEnding(run({ result }), places, PLAIN)).toContain(said);
  });

  it.each([
    ['failed', 'Boom.', 'The run failed. Boom.'],
    ['terminated', null, 'The run was terminated.'],
    ['timed-out', null, 'The run timed out.'],
    ['running', null, 'The run is still open.'],
  ] as const)('a workflow that is %s → says it', (status, failure, said) => {
    expect(runEnding(run({ status, failure }), places, PLAIN)).toContain(said);
  });
});
