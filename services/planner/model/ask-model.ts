import { FAILURE } from '../../../common/failures.ts';
import type { JsonObject } from '../../../common/json.ts';
import { isJsonObject } from '../../../common/json.ts';
import type { LlmMessage, LlmRequest, LlmResponse } from '../../../common/llm.ts';
import { ServiceError } from '../../errors.ts';
import type { CallOptions, LlmGateway } from '../../llm/gateway.ts';
import type { LiveWriter } from '../../streams/live-writer.ts';
import { createPlanScanner } from './plan-scanner.ts';
import { MAKE_PLAN, PLANNER_TOOLS } from './planner-tools.ts';
import { SYSTEM_PROMPT } from './system-prompt.ts';

const MAX_OUTPUT_TOKENS = 16_000;

export interface AskOptions extends CallOptions {
  /** Of the conversation: its turns begin alike, so the provider is asked to keep that beginning. */
  readonly cacheKey?: string;
  /** Gets what the model writes while it does. @default nobody: the answer comes as a whole */
  readonly live?: LiveWriter | undefined;
  /** Gets each step of a plan as soon as it is written. It may never be run. @default nobody */
  readonly onStep?: ((step: JsonObject) => void) | undefined;
}

/** One question to the model that plans. */
export function askModel(
  gateway: Pick<LlmGateway, 'complete' | 'stream'>,
  messages: readonly LlmMessage[],
  { live, onStep, cacheKey, ...options }: AskOptions,
): Promise<LlmResponse> {
  const request: LlmRequest = {
    role: 'planner',
    messages: [{ from: 'system', text: SYSTEM_PROMPT }, ...messages],
    tools: PLANNER_TOOLS,
    toolChoice: 'auto',
    maxOutputTokens: MAX_OUTPUT_TOKENS,
    temperature: null,
    ...(cacheKey === undefined ? {} : { cacheKey }),
  };
  if (live === undefined) return gateway.complete(request, options);
  return streamed(gateway.stream(request, options), live, onStep ?? (() => undefined));
}

async function streamed(
  events: ReturnType<LlmGateway['stream']>,
  live: LiveWriter,
  onStep: (step: JsonObject) => void,
): Promise<LlmResponse> {
  const plan = planOf(live, onStep);
  for await (const event of events) {
    switch (event.kind) {
      case 'text':
      case 'reasoning':
        live.write(event.kind, event.text);
        break;
      case 'restart':
        live.restarted(event.why);
        break;
      case 'tool-call-start':
        if (event.name === MAKE_PLAN) plan.begin(event.callId);
        break;
      case 'tool-call-args':
        plan.goOn(event.callId, event.text);
        break;
      case 'tool-call-end':
        if (event.name === MAKE_PLAN) plan.end(event.callId, event.args);
        break;
      case 'finish':
        return event.response;
      case 'served':
      case 'usage':
    }
  }
  throw new ServiceError(FAILURE.llmBadAnswer, "The model's stream ended without its answer.");
}

/** The tool, or the kind of work of a step that calls none. */
function workOf({ tool, waitFor, plan, agent }: JsonObject): string | null {
  if (typeof tool === 'string') return tool;
  if (waitFor !== undefined) return 'wait';
  if (plan !== undefined) return 'plan';
  return agent === undefined ? null : 'agent';
}

/** The plan that is being written: only the first one of a message is run. */
function planOf(live: LiveWriter, onStep: (step: JsonObject) => void) {
  const scanner = createPlanScanner();
  let first: string | null = null;
  let told = 0;
  const tell = (step: JsonObject): void => {
    told += 1;
    const { id } = step;
    if (typeof id !== 'string') return;
    const work = workOf(step);
    if (work !== null) live.planned(id.slice(0, 100), work.slice(0, 200));
    onStep(step);
  };
  return {
    begin: (callId: string): void => {
      first ??= callId;
    },
    goOn(callId: string, text: string): void {
      if (callId === first) for (const step of scanner.feed(text)) tell(step);
    },
    /** Some providers send a call as a whole. */
    end(callId: string, { steps }: JsonObject): void {
      if (callId !== (first ??= callId) || !Array.isArray(steps)) return;
      for (const step of steps.slice(told)) if (isJsonObject(step)) tell(step);
    },
  };
}
