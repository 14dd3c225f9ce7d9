import { canonicalJson } from '../canonical-json.ts';
import type { JsonValue } from '../json.ts';
import type { OutputRef, PlanStep, StepArg, StepId } from '../plan.ts';
import { dependenciesOf } from '../order-steps.ts';
import { placeSteps } from './place-steps.ts';

export interface MergedSteps {
  readonly steps: readonly PlanStep[];
  /** Steps that are gone, and the step whose result is also theirs. */
  readonly merged: ReadonlyMap<StepId, StepId>;
}

/**
 * Joins steps that would ask the same question at the same point: effect class `read`, the same
 * tool, arguments and time-out, and the same steps to wait for. Give it ordered steps
 * (`resolveOrder`), so that two reads with a change between them wait for different steps.
 */
export function mergeSteps(steps: readonly PlanStep[]): MergedSteps {
  const merged = new Map<StepId, StepId>();
  const first = new Map<string, StepId>();
  const kept = new Map<StepId, PlanStep>();
  for (const step of placeSteps(steps)) {
    const joined = withNewNames(step, merged);
    const same = joined.effect === 'read' ? first.get(questionOf(joined)) : undefined;
    if (same !== undefined) {
      merged.set(step.id, same);
      continue;
    }
    kept.set(step.id, joined);
    if (joined.effect === 'read') first.set(questionOf(joined), step.id);
  }
  return { steps: steps.flatMap(({ id }) => kept.get(id) ?? []), merged };
}

function questionOf(step: PlanStep): string {
  const { tool, fingerprint, timeoutMs, onFailure, when, forEach, maxAttempts, optional } = step;
  const { action, fallback } = step;
  const waits = [...dependenciesOf(step)].sort();
  const args = step.args as unknown as JsonValue;
  const flow = [
    ...[when ?? null, forEach ?? null, maxAttempts ?? null, optional ?? false],
    ...[action ?? null, fallback ?? null],
  ];
  return canonicalJson([
    ...[tool, fingerprint, timeoutMs, onFailure, args, waits],
    flow as unknown as JsonValue,
  ]);
}

function withNewNames(step: PlanStep, names: ReadonlyMap<StepId, StepId>): PlanStep {
  if (!dependenciesOf(step).some((id) => names.has(id))) return step;
  const after = [...new Set(step.after.map((id) => names.get(id) ?? id))];
  return { ...step, after, args: renameFields(step.args, names) };
}

function renameFields(
  fields: Readonly<Record<string, StepArg>>,
  names: ReadonlyMap<StepId, StepId>,
): Record<string, StepArg> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, arg]) => [name, renameArg(arg, names)]),
  );
}

function renameArg(arg: StepArg, names: ReadonlyMap<StepId, StepId>): StepArg {
  const renameRef = (ref: OutputRef): OutputRef => ({
    ...ref,
    step: names.get(ref.step) ?? ref.step,
  });
  switch (arg.kind) {
    case 'literal':
      return arg;
    case 'output':
      return renameRef(arg);
    case 'template':
      return {
        ...arg,
        parts: arg.parts.map((part) => (typeof part === 'string' ? part : renameRef(part))),
      };
    case 'list':
      return { ...arg, items: arg.items.map((item) => renameArg(item, names)) };
    case 'object':
      return { ...arg, fields: renameFields(arg.fields, names) };
  }
}
