// Proves what MCP clients are told of a run that goes on: what waits, for whom, and who answers.
import { describe, expect, it } from 'vitest';
import { runResult } from '../../../client/mcp/run-view.ts';
import type { RunDetail } from '../../../client/runs.ts';

const waitsFor = {
  ...{ scope: 'server', name: 'files', limit: 'maxInFlight', allowed: 1 },
  ...{ sinceMs: 5, calls: 1 },
};
const step = { id: 's', tool: 'files/read', state: 'running', problem: null, preview: null };
const models = [{ turn: 1, preset: 'cheap', attempts: [] }];
const question = {
  ...{ id: 'r~s~1', kind: 'question', step: 's', tool: 'files/read', reason: 'It asks.' },
  questions: [{ name: 'q', mode: 'url', message: 'Go.', url: 'https://a.example/' }],
};

function detail(other: object): RunDetail {
  return {
    ...{ runId: 'r', kind: 'agent', status: 'running', outcome: null, result: null, failure: null },
    progress: {
      ...{ models, steps: [{ ...step, waitsFor }] },
      pending: [{ ...question, title: 'Read', effect: 'read', args: {}, key: 'k' }],
    },
    ...other,
  } as unknown as RunDetail;
}

describe('runResult', () => {
  it('a run that waits → which steps wait for a limit, what a person is asked, and its models', () => {
    expect(runResult(detail({})).structuredContent).toMatchObject({
      steps: [{ ...step, waitsFor }],
      pending: [question],
      models,
      next: 'It waits for a person ("ostinato approvals list"). Call get_run with runId "r" and a waitMs.',
    });
  });

  it('nothing waits, or it is over → none of that', () => {
    const plain = { steps: [step], pending: [], models: [] };
    const { structuredContent } = runResult(detail({ progress: plain }));
    expect(structuredContent).toMatchObject({
      next: expect.stringMatching(/^It goes on/) as string,
    });
    expect(structuredContent).not.toHaveProperty('pending');
    expect(structuredContent).not.toHaveProperty('models');
    const over = runResult(detail({ status: 'completed', outcome: 'answered' }));
    expect(over.structuredContent).not.toHaveProperty('pending');
    expect(over.structuredContent).toMatchObject({ next: null });
  });
});
