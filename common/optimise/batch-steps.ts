import { canonicalJson } from '../canonical-json.ts';
import { criticalPath } from '../critical-path.ts';
import type { JsonValue } from '../json.ts';
import { dependenciesOf } from '../order-steps.ts';
import type { BatchTool, PlanStep, StepArg, StepId } from '../plan.ts';
import { referencesIn } from '../step-arg.ts';
import { ITEM } from '../bind-item.ts';
import type { FindToolFacts } from './tool-facts.ts';

export interface BatchedSteps {
  readonly steps: readonly PlanStep[];
  /** Steps that another one calls for, and which. */
  readonly batched: ReadonlyMap<StepId, StepId>;
}

type Group = readonly [PlanStep, ...PlanStep[]];

const MAX_ID_LENGTH = 64;
/** What a call costs a run besides the time of its tool, ms. */
const SPARED_MS = 5;
/** How far measured times of one and the same thing lie apart. */
const JITTER = 1.1;

/**
 * Puts one call in the place of several, where the owner of their server has declared a tool for it
 * (`ToolFacts.batch`): calls that wait for the same steps and differ in that one argument. They keep
 * their names, results and dependents, so that nothing else of the plan changes. A step that calls
 * for each item of a list gets the tool, and makes chunks of the list when it is there.
 *
 * Not where it is known that the plan would then end later.
 *
 * @param steps ordered and merged.
 */
export function batchSteps(steps: readonly PlanStep[], findFacts: FindToolFacts): BatchedSteps {
  const taken = new Set<StepId>(steps.map(({ id }) => id));
  const batched = new Map<StepId, StepId>();
  const before = new Map<StepId, PlanStep>();
  for (const { tool, group } of groupsOf(steps, findFacts)) {
    if (endsLater(steps, group, tool)) continue;
    const batch = batchOf(group, tool, freshId(group[0].id, taken));
    taken.add(batch.id);
    before.set(group[0].id, batch);
    for (const { id } of group) batched.set(id, batch.id);
  }
  const withBatches = steps.flatMap((step) => {
    const own = before.get(step.id);
    const member = asMember(step, batched.get(step.id));
    const mapped = withChunks(member, findFacts(step.tool)?.batch ?? null);
    return own === undefined ? [mapped] : [own, mapped];
  });
  return { steps: withBatches, batched };
}

function groupsOf(
  steps: readonly PlanStep[],
  findFacts: FindToolFacts,
): readonly { readonly tool: BatchTool; readonly group: Group }[] {
  const alike = new Map<string, { readonly tool: BatchTool; readonly steps: PlanStep[] }>();
  for (const step of steps) {
    const tool = findFacts(step.tool)?.batch ?? null;
    if (tool === null || step.forEach !== undefined || !fits(step, tool)) continue;
    const key = callOf(step, tool);
    const known = alike.get(key) ?? { tool, steps: [] };
    known.steps.push(step);
    alike.set(key, known);
  }
  return [...alike.values()].flatMap(({ tool, steps: all }) =>
    chunksOf(all, tool.maxItems).flatMap(([first, ...others]) =>
      first === undefined || others.length === 0
        ? []
        : [{ tool, group: [first, ...others] as const }],
    ),
  );
}

/** Nothing about how it is called but its arguments, and a call that may be made again. */
function fits(step: PlanStep, tool: BatchTool): boolean {
  const { when, fallback, approval, action, maxAttempts, sameAs } = step;
  const isPlain = [when, fallback, approval, action, maxAttempts, sameAs].every(
    (field) => field === undefined,
  );
  const isSafe = step.effect === 'read' || step.effect === 'keyed';
  return (
    isPlain && isSafe && tool.effect === step.effect && Object.hasOwn(step.args, tool.argument)
  );
}

/** What makes two calls one: all but the item and what becomes of a failure. */
function callOf(step: PlanStep, { argument }: BatchTool): string {
  const others = otherArgs(step, argument) as unknown as JsonValue;
  const waits = [...dependenciesOf(step)].sort();
  return canonicalJson([step.tool, step.fingerprint, step.timeoutMs, others, waits]);
}

function otherArgs({ args }: PlanStep, argument: string): PlanStep['args'] {
  return Object.fromEntries(Object.entries(args).filter(([name]) => name !== argument));
}

function batchOf(group: Group, batch: BatchTool, id: StepId): PlanStep {
  const [first] = group;
  const { tool, effect, fingerprint, timeoutMs, expectedMs } = batch;
  const items = group.flatMap(({ args }) => args[batch.argument] ?? []);
  return {
    ...{ id, tool, effect, fingerprint, timeoutMs },
    args: { ...otherArgs(first, batch.argument), [batch.items]: { kind: 'list', items } },
    after: first.after,
    // Where it brings nothing, each step calls for itself.
    ...{ onFailure: 'skip-dependents', optional: true },
    title: batchTitle(group.map((step) => step.id)),
    ...(expectedMs === undefined ? {} : { expectedMs }),
    callsFor: {
      steps: group.map((step) => step.id),
      tool: first.tool,
      items: batch.items,
      result: batch.result,
    },
  };
}

function asMember(step: PlanStep, batch: StepId | undefined): PlanStep {
  return batch === undefined ? step : { ...step, after: [...step.after, batch], partOf: batch };
}

export function batchTitle(steps: readonly StepId[]): string {
  return `for ${steps.join(', ')}`;
}

/** Only where the items differ in the one argument that becomes a list. */
function withChunks(step: PlanStep, batch: BatchTool | null): PlanStep {
  if (batch === null || step.forEach === undefined || !fits(step, batch)) return step;
  const ofItem = Object.entries(step.args).flatMap(([name, arg]) => (isOfItem(arg) ? [name] : []));
  return ofItem.length === 1 && ofItem[0] === batch.argument ? { ...step, batch } : step;
}

function isOfItem(arg: StepArg): boolean {
  return referencesIn(arg).some(({ step }) => step === ITEM);
}

/** By what calls took of late; where nobody knows, one call is taken to be no longer than several. */
function endsLater(steps: readonly PlanStep[], group: Group, batch: BatchTool): boolean {
  const single = group[0].expectedMs;
  if (single === undefined || batch.expectedMs === undefined) return false;
  if (batch.expectedMs <= single) return false;
  const members = new Set(group.map(({ id }) => id));
  const longestMs = (msOf: (step: PlanStep) => number): number =>
    criticalPath(
      steps.map((step) => ({ id: step.id, needs: dependenciesOf(step), ms: msOf(step) })),
    ).ms;
  const now = longestMs(({ expectedMs = 0 }) => expectedMs);
  const then = longestMs(({ id, expectedMs = 0 }) =>
    members.has(id) ? (batch.expectedMs ?? 0) : expectedMs,
  );
  return then > now * JITTER + SPARED_MS * (group.length - 1);
}

function chunksOf<Value>(all: readonly Value[], size: number): readonly (readonly Value[])[] {
  const count = Math.ceil(all.length / size);
  return Array.from({ length: count }, (_, at) => all.slice(at * size, (at + 1) * size));
}

function freshId(first: StepId, taken: ReadonlySet<StepId>): StepId {
  for (let number = 1; ; number += 1) {
    const ending = number === 1 ? '_batch' : `_batch${number}`;
    const id = `${first.slice(0, MAX_ID_LENGTH - ending.length)}${ending}` as StepId;
    if (!taken.has(id)) return id;
  }
}
