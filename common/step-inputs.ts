import { ITEM } from './bind-item.ts';
import type { OutputRef, PlanStep, StepArg, StepFallback } from './plan.ts';
import { referencesIn } from './step-arg.ts';

/** What of a step may refer to others. */
export type StepInputs = Pick<PlanStep, 'args' | 'when' | 'forEach'> & {
  readonly fallback?: Pick<StepFallback, 'args'>;
};

/** Everything in a step that may refer to others, with its place: `args.path`, `when.value`. */
export function inputsOf(step: StepInputs): readonly (readonly [field: string, arg: StepArg])[] {
  return [
    ...Object.entries(step.args).map(([name, arg]) => [`args.${name}`, arg] as const),
    ...Object.entries(step.fallback?.args ?? {}).map(
      ([name, arg]) => [`fallback.args.${name}`, arg] as const,
    ),
    ...(step.when === undefined ? [] : [['when.value', step.when.value] as const]),
    ...(step.forEach === undefined ? [] : [['forEach.items', step.forEach.items] as const]),
  ];
}

/** Every reference to another step. `${item}` in the arguments of a step with `forEach` is none. */
export function referencesOf(step: StepInputs): readonly OutputRef[] {
  return inputsOf(step).flatMap(([field, arg]) =>
    referencesIn(arg).filter((reference) => !isItem(step, field, reference)),
  );
}

export function isItem(step: StepInputs, field: string, { step: id }: OutputRef): boolean {
  return step.forEach !== undefined && id === ITEM && /^(?:fallback\.)?args\./.test(field);
}
