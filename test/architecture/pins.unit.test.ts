// Freezes durable names: they are stored in histories, schedules and other people's code. A red pin
// means "be deliberate": a changed name needs a replay test that shows old histories still run.
import { describe, expect, it } from 'vitest';
import { createActivities } from '../../activities/index.ts';
import { FAILURE } from '../../common/failures.ts';
import { DEFAULT_TASK_QUEUE, SEARCH_ATTRIBUTE, WORKFLOW } from '../../common/names.ts';
import * as definitions from '../../workflows/definitions.ts';
import * as workflows from '../../workflows/index.ts';

describe('durable names', () => {
  it('workflows → their types in histories', () => {
    const types = [
      'runAgent',
      'runBatch',
      'runBatchItem',
      'runBatchShard',
      'runConversation',
      'runPlan',
    ];
    expect(Object.keys(workflows).sort()).toEqual(types);
    expect(WORKFLOW).toEqual(Object.fromEntries(types.map((type) => [type, type])));
  });

  it('activities → their types in histories', () => {
    expect(Object.keys(createActivities({} as never)).sort()).toEqual([
      'callTool',
      'checkArguments',
      'checkPlan',
      'closeBatch',
      'countBegunCalls',
      'endBatchItem',
      'failBatchRange',
      'findConversation',
      'keepResult',
      'keepStopped',
      'listBatchItems',
      'openBatch',
      'planGoal',
      'prepareBatchItem',
      'runBatchChunk',
    ]);
  });

  it('messages → their names', () => {
    expect(
      Object.values(definitions)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([
      'batchProgress',
      'budgetAnswer',
      'budgetAsk',
      'budgetRecall',
      'budgetSettle',
      'cancel',
      'conversation',
      'decide',
      'effectDecided',
      'pause',
      'progress',
      'resume',
      'sendMessage',
      'shardProgress',
      'signal',
      'steer',
      'toolAsks',
    ]);
  });

  it('task queue and search attributes → their names on the server', () => {
    expect(DEFAULT_TASK_QUEUE).toBe('ostinato');
    expect(SEARCH_ATTRIBUTE).toEqual({
      tenant: 'OstinatoTenant',
      agent: 'OstinatoAgent',
      status: 'OstinatoStatus',
      model: 'OstinatoModel',
      costUsd: 'OstinatoCostUsd',
    });
  });

  it('failure types → none renamed', () => {
    expect(Object.values(FAILURE).sort()).toEqual([
      'BadInput',
      'CircuitOpen',
      'Conflict',
      'Denied',
      'Llm.Authentication',
      'Llm.BadAnswer',
      'Llm.BadRequest',
      'Llm.ContextTooLong',
      'Llm.QuotaExceeded',
      'Llm.RateLimited',
      'Llm.Timeout',
      'Llm.Unavailable',
      'NotFound',
      'PayloadTooLarge',
      'Plan.Invalid',
      'Plan.Stuck',
      'Tool.BadAnswer',
      'Tool.BadArguments',
      'Tool.DefinitionChanged',
      'Tool.Disabled',
      'Tool.Limited',
      'Tool.LoginNeeded',
      'Tool.NotFound',
      'Tool.OutcomeUnknown',
      'Tool.Timeout',
      'Tool.Unavailable',
      'Unavailable',
    ]);
  });
});
