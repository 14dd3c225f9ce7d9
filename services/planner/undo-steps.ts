import type { Plan, PlanStep, StepUndo } from '../../common/plan.ts';
import type { WrittenPlan } from '../../common/written-plan.ts';

const ENDING = '_undo';

/**
 * Writes each step's undo as a step of its own behind it, so that it is checked as one: its tool is
 * there, its references lead somewhere and its arguments fit. `foldUndoSteps` takes it back.
 */
export function writeUndoSteps(written: WrittenPlan): WrittenPlan {
  const steps = written.steps.flatMap((step) => {
    if (step.undo === undefined) return [step];
    const { tool, args = {} } = step.undo;
    return [step, { id: `${step.id}${ENDING}`, tool, args, after: [step.id] }];
  });
  return { ...written, steps };
}

export function foldUndoSteps(steps: readonly PlanStep[], written: WrittenPlan): Plan {
  const undone = new Set(
    written.steps.filter(({ undo }) => undo !== undefined).map(({ id }) => id),
  );
  const undos = new Map<string, StepUndo>();
  const own = steps.filter(({ id, tool, args, effect, fingerprint, timeoutMs }) => {
    const of = id.endsWith(ENDING) ? id.slice(0, -ENDING.length) : '';
    if (!undone.has(of)) return true;
    undos.set(of, { tool, args, effect, fingerprint, timeoutMs });
    return false;
  });
  return {
    steps: own.map((step) => {
      const undo = undos.get(step.id);
      return undo === undefined ? step : { ...step, undo };
    }),
  };
}
