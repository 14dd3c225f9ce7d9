import type { JsonObject } from '../../common/json.ts';
import type { OutputRef, PlanStep, StepArg, StepId } from '../../common/plan.ts';
import { inputsOf, isItem } from '../../common/step-inputs.ts';
import type { ToolDescriptor } from '../../common/tool.ts';
import { parsePath } from '../../common/value-path.ts';
import { didYouMean } from './nearest-names.ts';
import type { PlanProblem, PlanProblemKind } from './plan-problem.ts';
import type { SchemaLookup } from './schema-walk.ts';
import { schemaAt } from './schema-walk.ts';

/** The path that stands for a result's text. */
export const TEXT_PATH = '$text';

/** Finds `${…}` references and `after` entries that lead nowhere. */
export function checkReferences(
  steps: readonly PlanStep[],
  tools: ReadonlyMap<string, Pick<ToolDescriptor, 'id' | 'outputSchema'>>,
  earlier: readonly StepId[] = [],
): PlanProblem[] {
  const ids: KnownIds = {
    here: new Set(steps.map((step) => step.id)),
    earlier: new Set(earlier),
    mapped: new Set(steps.flatMap(({ id, forEach }) => (forEach === undefined ? [] : [id]))),
  };
  return steps.flatMap((step) => [
    ...inputsOf(step).flatMap(([place, arg]) =>
      placedReferences(arg, place)
        .filter(({ reference }) => !isItem(step, place, reference))
        .flatMap(({ reference, field }) => checkReference(step, field, reference, ids, tools)),
    ),
    ...step.after.flatMap((id, at) => checkTarget(step, `after[${at}]`, id, ids)),
  ]);
}

interface KnownIds {
  readonly here: ReadonlySet<StepId>;
  readonly earlier: ReadonlySet<StepId>;
  readonly mapped: ReadonlySet<StepId>;
}

/** What the producer's output schema says about the referenced value; `open` where there is none. */
export function referencedSchema(
  reference: OutputRef,
  outputSchema: JsonObject | null | undefined,
): SchemaLookup {
  if (reference.path === TEXT_PATH) return { kind: 'schema', schema: { type: 'string' } };
  const keys = parsePath(reference.path);
  if (outputSchema === null || outputSchema === undefined || keys === null) return { kind: 'open' };
  return schemaAt(outputSchema, keys);
}

function checkReference(
  step: PlanStep,
  field: string,
  reference: OutputRef,
  ids: KnownIds,
  tools: ReadonlyMap<string, Pick<ToolDescriptor, 'id' | 'outputSchema'>>,
): PlanProblem[] {
  const target = checkTarget(step, field, reference.step, ids);
  if (target.length > 0) return target;
  const written = `\${${reference.step}${reference.path === '' ? '' : `.${reference.path}`}}`;
  if (parsePath(reference.path) === null || /^\$text[.[]/.test(reference.path)) {
    const remedy = 'write it as ${step.items[0].name}, ${step["odd key"]} or ${step.$text}';
    return [problem('bad-reference', step, field, `"${written}" is no valid path; ${remedy}`)];
  }
  // A step that maps answers with a list of its tool's answers.
  const tool = ids.mapped.has(reference.step) ? undefined : tools.get(reference.step);
  const there = referencedSchema(reference, tool?.outputSchema);
  if (tool === undefined || there.kind !== 'absent') return [];
  const where = there.at === '' ? `the output of "${tool.id}"` : `"${there.at}" of "${tool.id}"`;
  const has = there.fields.length === 0 ? 'no fields' : there.fields.join(', ');
  const advice = didYouMean(parsePath(reference.path)?.at(-1) ?? '', there.fields);
  const text = `"${written}" is not there: ${where} has ${has}.${advice}`;
  return [problem('no-such-output', step, field, text)];
}

function checkTarget(step: PlanStep, field: string, target: StepId, ids: KnownIds): PlanProblem[] {
  if (target === step.id) {
    const text = 'refers to the step itself; a step can only use what other steps bring';
    return [problem('self-reference', step, field, text)];
  }
  if (ids.here.has(target)) return [];
  if (ids.earlier.has(target)) {
    const text = `refers to step "${target}" of an earlier plan, which is out of reach; write the value out`;
    return [problem('unknown-step', step, field, text)];
  }
  const others = [...ids.here].filter((id) => id !== step.id);
  const have =
    didYouMean(target, others) || ` Steps in the plan: ${others.slice(0, 10).join(', ')}.`;
  const text = `refers to step "${target}", which is not in the plan.${have}`;
  return [problem('unknown-step', step, field, text)];
}

function placedReferences(
  arg: StepArg,
  field: string,
): readonly { readonly reference: OutputRef; readonly field: string }[] {
  switch (arg.kind) {
    case 'literal':
      return [];
    case 'output':
      return [{ reference: arg, field }];
    case 'template':
      return arg.parts
        .filter((part) => typeof part !== 'string')
        .map((reference) => ({ reference, field }));
    case 'list':
      return arg.items.flatMap((item, at) => placedReferences(item, `${field}[${at}]`));
    case 'object':
      return Object.entries(arg.fields).flatMap(([name, held]) =>
        placedReferences(held, `${field}.${name}`),
      );
  }
}

function problem(kind: PlanProblemKind, step: PlanStep, field: string, text: string): PlanProblem {
  return { kind, step: step.id, field, message: `step "${step.id}", "${field}": ${text}` };
}
