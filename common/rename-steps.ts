import type { Plan, PlanStep, StepArg, StepId } from './plan.ts';

const MAX_ID_LENGTH = 64;

/** Gives new ids to steps whose id an earlier plan of the run has used; references follow. */
export function renameSteps(plan: Plan, used: readonly StepId[]): Plan {
  const taken = new Set<string>([...used, ...plan.steps.map(({ id }) => id)]);
  const earlier = new Set(used);
  const names = new Map<StepId, StepId>();
  for (const { id } of plan.steps) {
    if (earlier.has(id)) names.set(id, freshName(id, taken));
  }
  return names.size === 0 ? plan : { steps: plan.steps.map((step) => renamed(step, names)) };
}

function freshName(id: StepId, taken: Set<string>): StepId {
  for (let number = 2; ; number += 1) {
    const ending = `_${number}`;
    const name = id.slice(0, MAX_ID_LENGTH - ending.length) + ending;
    if (taken.has(name)) continue;
    taken.add(name);
    return name as StepId;
  }
}

function renamed(step: PlanStep, names: ReadonlyMap<StepId, StepId>): PlanStep {
  const nameOf = (id: StepId) => names.get(id) ?? id;
  const rename = (arg: StepArg): StepArg => {
    switch (arg.kind) {
      case 'literal':
        return arg;
      case 'output':
        return { ...arg, step: nameOf(arg.step) };
      case 'template':
        return {
          ...arg,
          parts: arg.parts.map((part) =>
            typeof part === 'string' ? part : { ...part, step: nameOf(part.step) },
          ),
        };
      case 'list':
        return { ...arg, items: arg.items.map(rename) };
      case 'object':
        return { ...arg, fields: renameAll(arg.fields) };
    }
  };
  const renameAll = (args: Readonly<Record<string, StepArg>>) =>
    Object.fromEntries(Object.entries(args).map(([name, arg]) => [name, rename(arg)]));
  return {
    ...step,
    id: nameOf(step.id),
    args: renameAll(step.args),
    after: step.after.map(nameOf),
    ...(step.when === undefined ? {} : { when: { ...step.when, value: rename(step.when.value) } }),
    ...(step.forEach === undefined
      ? {}
      : { forEach: { ...step.forEach, items: rename(step.forEach.items) } }),
    ...(step.sameAs === undefined ? {} : { sameAs: nameOf(step.sameAs) }),
    ...(step.partOf === undefined ? {} : { partOf: nameOf(step.partOf) }),
    ...(step.callsFor === undefined
      ? {}
      : { callsFor: { ...step.callsFor, steps: step.callsFor.steps.map(nameOf) } }),
    ...(step.fallback === undefined
      ? {}
      : { fallback: { ...step.fallback, args: renameAll(step.fallback.args) } }),
    ...(step.undo === undefined ? {} : { undo: { ...step.undo, args: renameAll(step.undo.args) } }),
  };
}
