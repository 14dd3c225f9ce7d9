import type { PlanGoalInput, StepObservation } from '../../../../common/agent.ts';
import type { ConversationId } from '../../../../common/conversation.ts';
import type { StepId } from '../../../../common/plan.ts';
import { DEFAULT_TENANT_ID } from '../../../../common/tenant.ts';
import type { ToolId } from '../../../../common/tool.ts';

export function goalInput(goal: string, changes: Partial<PlanGoalInput> = {}): PlanGoalInput {
  return {
    tenant: { tenantId: DEFAULT_TENANT_ID, actor: 'test', scopes: [] },
    goal,
    conversation: { conversationId: 'conversation' as ConversationId, headVersion: 0 },
    turn: 1,
    stepsLeft: 50,
    observations: [],
    usedStepIds: [],
    ...changes,
  };
}

/** A step that ran and answered with a text; with `problem`, one that failed. */
export function observation(
  id: string,
  text: string,
  changes: { readonly problem?: string; readonly isError?: boolean; readonly tool?: string } = {},
): StepObservation {
  const failed = changes.problem !== undefined;
  return {
    step: {
      id: id as StepId,
      tool: (changes.tool ?? 'files/read_file') as ToolId,
      title: `do ${id}`,
      state: failed ? 'failed' : 'done',
      needs: [],
      startedAtMs: 0,
      endedAtMs: 1,
      problem: changes.problem ?? null,
      preview: null,
    },
    result: failed
      ? null
      : {
          isError: changes.isError ?? false,
          content: [{ kind: 'text', text }],
          structured: null,
          artifact: null,
        },
  };
}
