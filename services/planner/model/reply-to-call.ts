import { renameSteps } from '../../../common/rename-steps.ts';
import type { PlanGoalInput } from '../../../common/agent.ts';
import type { JsonObject } from '../../../common/json.ts';
import { FAILURE } from '../../../common/failures.ts';
import type { LlmPart } from '../../../common/llm.ts';
import type { Plan } from '../../../common/plan.ts';
import type { ToolId } from '../../../common/tool.ts';
import { ServiceError } from '../../errors.ts';
import type { CheckPlanOptions } from '../check-plan.ts';
import { checkPlan } from '../check-plan.ts';
import { listProblems } from '../plan-checker.ts';
import type { ToolLookup } from '../tool-lookup.ts';
import type { ActiveRequest } from '../../registry/search/active-request.ts';
import type { Listing } from './list-tools.ts';
import { searchRequests } from './search-requests.ts';
import { ASK_USER, FIND_TOOLS, MAKE_PLAN, READ_ARTIFACT } from './planner-tools.ts';

export type ToolCall = Extract<LlmPart, { kind: 'tool-call' }>;

export type TurnEnd =
  | { readonly kind: 'plan'; readonly plan: Plan }
  | { readonly kind: 'answer'; readonly answer: string }
  | { readonly kind: 'needs-input'; readonly question: string }
  | { readonly kind: 'gave-up'; readonly reason: string };

/** What comes of one call: what the model is told (`null`: its plan runs first) and maybe the end. */
export interface CallReply {
  readonly told: string | null;
  readonly isError: boolean;
  readonly end: TurnEnd | null;
}

export interface ReplyDeps {
  /** Searches for each of the requests, and lists what was found. */
  find(
    requests: readonly ActiveRequest[],
  ): Promise<Pick<Listing<{ readonly id: ToolId }>, 'text' | 'tools'>>;
  /** Reads a part of an artifact. */
  read(args: JsonObject): Promise<Pick<CallReply, 'isError'> & { readonly told: string }>;
  readonly tools: ToolLookup;
  readonly validator: CheckPlanOptions['validator'];
  /** Gets the tools that the model was shown. */
  readonly considered: Set<ToolId>;
}

/** Searches that a model may make in one turn. */
export const MAX_SEARCHES = 4;
/** Pieces of artifacts that it may read in one turn. */
export const MAX_READS = 6;
const NO_MORE_READS = `No more reading in this turn (${MAX_READS} pieces are allowed). Plan, ask, or answer.`;

/** Answers the calls of one turn. It remembers the searches made and the repair allowed. */
export function createReplies(
  deps: ReplyDeps,
  {
    stepsLeft,
    usedStepIds,
    usedTools,
    toolsBeside = [],
  }: Pick<PlanGoalInput, 'stepsLeft' | 'usedStepIds' | 'usedTools' | 'toolsBeside'>,
): (call: ToolCall) => Promise<CallReply> {
  let searches = 0;
  let reads = 0;
  let refused = false;

  async function makePlan({ args }: ToolCall): Promise<CallReply> {
    const checked = await checkPlan(args, deps.tools, {
      validator: deps.validator,
      maxSteps: stepsLeft,
      earlierStepIds: usedStepIds,
      usedTools: usedTools ?? [],
      toolsBeside,
    });
    if ('plan' in checked) {
      const plan = renameSteps(checked.plan, usedStepIds);
      return { told: null, isError: false, end: { kind: 'plan', plan } };
    }
    const problems = listProblems(checked.problems);
    if (refused) {
      const message = `The model's plan was refused, and so was its repair. ${problems}`;
      throw new ServiceError(FAILURE.planInvalid, message);
    }
    refused = true;
    return tell(`${problems}\nCall make_plan again with the whole plan, mended.`);
  }

  async function findTools({ args }: ToolCall): Promise<CallReply> {
    const requests = searchRequests(args);
    if (typeof requests === 'string') return tell(requests);
    searches += 1;
    if (searches > MAX_SEARCHES) {
      return tell(
        `No more searches in this turn (${MAX_SEARCHES} are allowed). Plan with the tools you know, ask, or answer.`,
      );
    }
    const { text, tools } = await deps.find(requests);
    for (const { id } of tools) deps.considered.add(id);
    return { told: text, isError: false, end: null };
  }

  async function readArtifact({ args }: ToolCall): Promise<CallReply> {
    reads += 1;
    return reads > MAX_READS ? tell(NO_MORE_READS) : { ...(await deps.read(args)), end: null };
  }

  return async (call) => {
    switch (call.name) {
      case MAKE_PLAN:
        return makePlan(call);
      case FIND_TOOLS:
        return findTools(call);
      case READ_ARTIFACT:
        return readArtifact(call);
      case ASK_USER:
        return askUser(call);
      default:
        return tell(
          `There is no "${call.name}" to call here. To use a tool, name it in a step of make_plan.`,
        );
    }
  };
}

function askUser({ args }: ToolCall): CallReply {
  const question = args['question'];
  if (typeof question !== 'string' || question.trim() === '') {
    return tell('ask_user needs "question", a text.');
  }
  const told = 'The question was handed over. An answer comes as a new message.';
  return { told, isError: false, end: { kind: 'needs-input', question } };
}

function tell(told: string): CallReply {
  return { told, isError: true, end: null };
}
