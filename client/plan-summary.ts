import type { WrittenPlan } from '../common/written-plan.ts';
import { workOf } from './written-plan-schema.ts';

const MAX_CHARS = 200;

/** A plan in one line, for lists and the Temporal UI: how many steps, and what they call. */
export function planSummary({ steps }: WrittenPlan): string {
  const count = `${steps.length} ${steps.length === 1 ? 'step' : 'steps'}`;
  const work = [...new Set(steps.map(workOf))].join(', ');
  return `${count}: ${work}`.slice(0, MAX_CHARS);
}
