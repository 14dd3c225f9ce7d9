import type { RunPolicy } from '../../common/approval.ts';
import { askAboutRepeats } from '../../common/ask-about-repeats.ts';
import { bindGoal } from '../../common/bind-item.ts';
import type { EndBatchItemInput, PreparedItem, RunBatchItemInput } from '../../common/batch.ts';
import type { RunPlanInput } from '../../common/agent.ts';
import type { JsonObject, JsonValue } from '../../common/json.ts';
import { UnresolvedReference } from '../../common/resolve-args.ts';
import type { WrittenPlan } from '../../common/written-plan.ts';
import { agentRound } from './agent-round.ts';
import type { BatchItem } from './batch-record.ts';
import { fenceOf } from './batch-record.ts';
import { bindWritten } from './check-template.ts';
import { mayHaveActed } from './may-have-acted.ts';
import { nextEpochs } from './next-epochs.ts';
import type { BatchStore } from './batch-store.ts';

type Store = Pick<BatchStore, 'get' | 'items' | 'endItems'>;

/** The input of an item's run. An item that does not fit the template fails here. */
export async function prepareItem(store: Store, input: RunBatchItemInput): Promise<PreparedItem> {
  const { tenant, batchId, index, round } = input;
  const item = await one(store, input);
  if (item === null || item.state !== 'waiting') {
    return {
      kind: 'ended',
      outcome: item === null || item.state === 'waiting' ? 'failed' : item.state,
    };
  }
  const { work, settings } = await store.get(tenant.tenantId, batchId);
  const common = {
    tenant,
    agent: input.agent,
    limits: input.limits,
    queues: input.queues,
  };
  const runId = `${batchId}.${index}`;
  try {
    const value = JSON.parse(item.item) as JsonValue;
    if (work.kind === 'goal') {
      const goal = bindGoal(work.goal, value);
      // Another round is another conversation: what the agent did before is not known to be right.
      const agentRunId = round === 1 ? runId : `${runId}.r${round}`;
      const asks = round > 1 && mayHaveActed(item);
      const policy = asks ? askAboutRepeats(settings.policy) : settings.policy;
      return {
        kind: 'agent',
        runId: agentRunId,
        input: { ...common, ...withPolicy(policy), goal, conversation: null, batch: true },
      };
    }
    // Written: the run checks and orders it by the values of this item.
    const written = bindWritten(work.plan, value);
    return {
      kind: 'plan',
      runId,
      input: {
        ...common,
        ...withPolicy(settings.policy),
        ...withEpochs(nextEpochs(item)),
        ...(mayHaveAgents(work.plan) ? { agents: agentRound(item, round) } : {}),
        plan: null,
        written,
      },
    };
  } catch (error) {
    if (!(error instanceof UnresolvedReference)) throw error;
    const problem = error.message;
    await endItem(store, { ...input, outcome: 'failed', problem, result: null });
    return { kind: 'ended', outcome: 'failed' };
  }
}

/** Records how an item's run ended. */
export async function endItem(store: Store, input: EndBatchItemInput): Promise<void> {
  const { tenant, batchId, index, round, outcome, problem, result } = input;
  const item = await one(store, input);
  if (item === null) return;
  const now = Date.now();
  await store.endItems(tenant.tenantId, batchId, [
    {
      index,
      state: outcome,
      problemType: outcome === 'failed' ? 'failed' : null,
      problem,
      result: result as JsonObject | null,
      epochs: nextEpochs(item),
      fence: fenceOf(round, 1),
      startedAtMs: item.startedAtMs ?? now,
      endedAtMs: now,
    },
  ]);
}

/** At any depth, also where the word only stands in an argument. */
function mayHaveAgents(plan: WrittenPlan): boolean {
  return JSON.stringify(plan).includes('"agent":');
}

function withEpochs(epochs: BatchItem['epochs']): Pick<RunPlanInput, 'epochs'> {
  return Object.keys(epochs).length === 0 ? {} : { epochs };
}

function withPolicy(policy: RunPolicy | undefined): { readonly policy?: RunPolicy } {
  return policy === undefined ? {} : { policy };
}

async function one(
  store: Store,
  { tenant, batchId, index }: Pick<RunBatchItemInput, 'tenant' | 'batchId' | 'index'>,
): Promise<BatchItem | null> {
  const range = { from: index, to: index + 1 };
  const [item] = await store.items(tenant.tenantId, batchId, range);
  return item ?? null;
}
