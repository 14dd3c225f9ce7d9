import { bindArg, bindGoal, ITEM } from '../../common/bind-item.ts';
import type { BatchMode, BatchSettings, BatchWork } from '../../common/batch.ts';
import { FAILURE } from '../../common/failures.ts';
import type { JsonObject, JsonValue } from '../../common/json.ts';
import type { Plan, PlanStep, StepArg, StepId } from '../../common/plan.ts';
import { asText, UnresolvedReference } from '../../common/resolve-args.ts';
import { parseStepArg, parseStepArgs } from '../../common/step-arg.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { WrittenPlan, WrittenStep, WrittenWait } from '../../common/written-plan.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import type { PlanChecker } from '../planner/plan-checker.ts';
import { isLightPlan } from './is-light-plan.ts';

export interface CheckedTemplate {
  /** With references to the item in it; `null` for a goal. */
  readonly plan: Plan | null;
  readonly mode: BatchMode;
}

interface Template {
  readonly work: BatchWork;
  readonly settings: Pick<BatchSettings, 'mode' | 'limits' | 'policy'>;
}

/**
 * Checks a template by the items that it is for: it is right where one of the samples fits it, since
 * a bad item must not end the others.
 *
 * @param samples the first items, parsed.
 * @throws ServiceError (Plan.Invalid, BadInput) with what is wrong for the first sample.
 */
export async function checkTemplate(
  plans: PlanChecker,
  tenantId: TenantId,
  { work, settings }: Template,
  samples: readonly JsonValue[],
): Promise<CheckedTemplate> {
  let first: unknown = null;
  for (const sample of samples) {
    try {
      const checked = await checkWith(plans, tenantId, work, sample);
      return { plan: checked?.template ?? null, mode: modeOf(checked?.plain ?? null, settings) };
    } catch (error) {
      if (!(error instanceof UnresolvedReference) && !isUnfit(error)) throw error;
      first ??= error;
    }
  }
  if (isServiceError(first)) throw first;
  if (samples.length === 0) {
    throw new ServiceError(
      FAILURE.badInput,
      'No line of the file is an item: each takes one JSON value, at most 256 KiB long.',
    );
  }
  throw new ServiceError(
    FAILURE.badInput,
    `The batch does not fit its items: ${(first as Error).message}`,
    { cause: first },
  );
}

function isUnfit(error: unknown): boolean {
  return isServiceError(error) && !error.retry.allowed && error.type !== FAILURE.unavailable;
}

async function checkWith(
  plans: PlanChecker,
  tenantId: TenantId,
  work: BatchWork,
  sample: JsonValue,
): Promise<{ readonly template: Plan; readonly plain: Plan } | null> {
  if (work.kind === 'goal') {
    bindGoal(work.goal, sample);
    return null;
  }
  const { plan } = work;
  const checked = await plans.check(tenantId, bindWritten(plan, sample));
  // What a step says besides tells whether the light mode may run it; how calls were joined does not.
  const plain = { ...checked, steps: checked.steps.flatMap(asWritten) };
  const template: Plan = {
    // Of the check only what it knows of the tools: what it found out about order and equal steps is
    // true of this sample's values and need not be of another item's.
    steps: plan.steps.flatMap((written) => {
      const step = checked.steps.find(({ id }) => id === written.id);
      if (step === undefined) return [];
      const { id, tool, onFailure, effect, fingerprint, timeoutMs, title } = step;
      return [
        {
          ...{ id, tool, onFailure, effect, fingerprint, timeoutMs, title },
          args: parseStepArgs(written.args ?? {}),
          after: (written.after ?? []) as readonly StepId[],
        },
      ];
    }),
  };
  return { template, plain };
}

function asWritten({ sameAs: _equal, partOf: _together, ...step }: PlanStep): readonly PlanStep[] {
  return step.callsFor === undefined ? [step] : [];
}

/** The plan as it would be written for one item. @throws UnresolvedReference */
export function bindWritten(plan: WrittenPlan, item: JsonValue): WrittenPlan {
  if (plan.steps.some(({ id }) => id === ITEM)) {
    throw new ServiceError(
      FAILURE.badInput,
      'A step of a batch is called "item", which is the name of the item itself. Give the step another id.',
    );
  }
  if (plan.steps.some((step) => 'forEach' in step)) {
    throw new ServiceError(
      FAILURE.badInput,
      'A step of a batch has "forEach", in which "${item}" would have two meanings. Make the list the items of the batch, or run the plan without a batch.',
    );
  }
  return { ...plan, steps: plan.steps.map((step) => bindStep(step, item)) };
}

/** Wherever a step may refer to others it may speak of the item; a plan inside of it has `args`. */
function bindStep(step: WrittenStep, item: JsonValue): WrittenStep {
  const bind = <Value extends JsonValue>(value: Value): JsonValue =>
    writeArg(bindArg(parseStepArg(value), item));
  const bindAll = (args: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(args).map(([name, value]) => [name, bind(value)]));
  const sideCall = <Call extends { readonly args?: JsonObject }>(call: Call): Call =>
    call.args === undefined ? call : { ...call, args: bindAll(call.args) };
  const { args, when, undo, fallback, agent, waitFor } = step;
  return {
    ...step,
    ...(args === undefined ? {} : { args: bindAll(args) }),
    ...(when === undefined ? {} : { when: { ...when, value: bind(when.value) } }),
    ...(undo === undefined ? {} : { undo: sideCall(undo) }),
    ...(fallback === undefined ? {} : { fallback: sideCall(fallback) }),
    ...(agent === undefined ? {} : { agent: { ...agent, goal: asText(bind(agent.goal)) } }),
    ...(waitFor === undefined ? {} : { waitFor: bindAll({ ...waitFor }) as WrittenWait }),
  };
}

/** An argument as it would be written: the inverse of `parseStepArg`. */
function writeArg(arg: StepArg): JsonValue {
  switch (arg.kind) {
    case 'literal':
      return escape(arg.value);
    case 'output':
      return reference(arg.step, arg.path);
    case 'template':
      return arg.parts
        .map((part) =>
          typeof part === 'string' ? part.replaceAll('${', '$${') : reference(part.step, part.path),
        )
        .join('');
    case 'list':
      return arg.items.map(writeArg);
    case 'object':
      return Object.fromEntries(
        Object.entries(arg.fields).map(([name, field]) => [name, writeArg(field)]),
      );
  }
}

function reference(step: StepId, path: string): string {
  return `\${${step}${path === '' || path.startsWith('[') ? '' : '.'}${path}}`;
}

function escape(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.replaceAll('${', '$${');
  if (Array.isArray(value)) return value.map(escape);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, escape(held)]));
}

function modeOf(
  plan: Plan | null,
  { mode: wanted, limits, policy }: Template['settings'],
): BatchMode {
  if (wanted === 'runs' || plan === null) return 'runs';
  // Only a run waits for people, and takes back what it did.
  const isPlain = policy === undefined && isLightPlan(plan);
  if (isPlain && plan.steps.length <= limits.maxToolCalls) return 'light';
  if (wanted === null) return 'runs';
  throw new ServiceError(
    FAILURE.badInput,
    'mode "light" is for plans of at most 10 plain tool calls within limits.maxToolCalls, and this plan is none, or has a policy that asks people. Leave "mode" out, or choose "runs".',
  );
}
