import type { PlanGoalInput } from '../../../common/agent.ts';
import { canonicalJson } from '../../../common/canonical-json.ts';
import type { JsonObject } from '../../../common/json.ts';
import { dependenciesOf } from '../../../common/order-steps.ts';
import type { Plan, PlanStep } from '../../../common/plan.ts';
import { resolveArgs } from '../../../common/resolve-args.ts';
import { isRuled } from '../../../common/rules/is-ruled.ts';
import type { PlanTurn } from './plan-turn.ts';
import type { ToolCaller } from '../../tools/tool-caller.ts';
import type { CheckPlanOptions } from '../check-plan.ts';
import { checkPlan } from '../check-plan.ts';
import type { ToolLookup } from '../tool-lookup.ts';

/** Reads of a plan that is still being written, made before the plan is there. */
export interface EarlyReads {
  /** A step that was just written. Resolves when it is known whether it is called; never rejects. */
  offer(step: JsonObject): Promise<void>;
  /**
   * One turn. When it has ended nothing more begins, and what no step of its plan asks for is stopped.
   * @returns the turn, and how many calls were made in vain.
   */
  during(
    take: () => Promise<PlanTurn>,
  ): Promise<{ readonly turn: PlanTurn; readonly unusedReads: number }>;
}

export interface EarlyReadsDeps {
  /** @default none are made */
  readonly calls?: Pick<ToolCaller, 'call'>;
  readonly tools: ToolLookup;
  readonly validator: CheckPlanOptions['validator'];
}

/** A step of the plan has taken a call over by then. */
const TAKEN_OVER_MS = 30_000;
/** As a step's call in the workflow: progress extends it. */
const PROGRESS_FACTOR = 10;

/**
 * A call made here and the step's own call are one: both ask the cache of results, where the second
 * waits for the first, or finds its answer. So nothing depends on this: where it fails, is in another
 * process or is not kept, the step makes its call itself.
 *
 * Made are calls that need nothing, that no rule speaks of, of tools that an admin declared to be
 * reads and not to be called for several at once, and only those before the first step of a plan that may change something.
 *
 * @param input `earlyReads` is how many may be made.
 */
export function createEarlyReads(
  { calls, tools, validator }: EarlyReadsDeps,
  input: PlanGoalInput,
  signal: AbortSignal,
): EarlyReads {
  const started = new Map<string, AbortController>();
  let isOpen = calls !== undefined && (input.earlyReads ?? 0) > 0;
  let order: Promise<void> = Promise.resolve();

  async function consider(written: JsonObject): Promise<void> {
    if (!isOpen || signal.aborted || started.size >= (input.earlyReads ?? 0)) return;
    if (JSON.stringify(written).includes('${')) return;
    const checked = await checkPlan({ steps: [{ ...written, after: [] }] }, tools, {
      validator,
      ...(input.usedTools === undefined ? {} : { usedTools: input.usedTools }),
    });
    const [step] = 'plan' in checked ? checked.plan.steps : [];
    // What follows a change may be meant to see it, and what cannot be checked may be one.
    if (step?.effect !== 'read' || step.action !== undefined) isOpen = false;
    else if (isAlone(step, written) && !(await isElsewhere(tools, step))) start(step);
  }

  function start(step: PlanStep): void {
    const key = callOf(step);
    if (!isOpen || key === null || started.has(key)) return;
    const stop = new AbortController();
    started.set(key, stop);
    const call = {
      tenant: input.tenant,
      tool: step.tool,
      args: resolveArgs(step.args, new Map()),
      // A read has no effect that a key would keep from happening twice.
      idempotencyKey: `early/${input.conversation.conversationId}/${input.turn}/${step.id}`,
      fingerprint: step.fingerprint,
      timeoutMs: step.timeoutMs,
      maxTotalTimeoutMs: step.timeoutMs * PROGRESS_FACTOR,
    };
    const until = AbortSignal.any([signal, stop.signal]);
    // The step itself will meet the same problem, and say so.
    calls?.call(call, { signal: until, attempt: 1 }).catch(() => undefined);
  }

  return {
    offer(step) {
      order = order.then(() => consider(step)).catch(() => undefined);
      return order;
    },
    async during(take) {
      try {
        const turn = await take();
        const plan = turn.end.kind === 'plan' ? turn.end.plan : null;
        return { turn, unusedReads: await settle(plan) };
      } catch (error) {
        await settle(null);
        throw error;
      }
    },
  };

  async function settle(plan: Plan | null): Promise<number> {
    isOpen = false;
    await order;
    const asked = new Set(plan?.steps.map(callOf));
    let unused = 0;
    for (const [key, stop] of started) {
      if (asked.has(key)) setTimeout(() => stop.abort(), TAKEN_OVER_MS).unref();
      else {
        stop.abort();
        unused += 1;
      }
    }
    return unused;
  }
}

/** Nothing comes before it, and nothing says how it is to be called but its arguments. */
function isAlone(step: PlanStep, { after }: JsonObject): boolean {
  const waits = Array.isArray(after) && after.length > 0;
  const { when, forEach, sameAs, approval } = step;
  const isPlain = [when, forEach, sameAs, approval].every((field) => field === undefined);
  return !waits && isPlain && dependenciesOf(step).length === 0;
}

/** A rule speaks of it, or it may be called together with steps that are not written yet. */
async function isElsewhere(tools: ToolLookup, { tool }: PlanStep): Promise<boolean> {
  const found = await tools.find(tool);
  if (found !== null && (await tools.batch(found)) !== null) return true;
  return isRuled(tool, await tools.rules());
}

/** What a step calls, as text; `null` where that is not known before others have ended. */
function callOf(step: PlanStep): string | null {
  try {
    return canonicalJson([step.tool, resolveArgs(step.args, new Map())]);
  } catch {
    return null;
  }
}
