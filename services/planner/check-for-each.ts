import type { PlanStep } from '../../common/plan.ts';
import type { ToolDescriptor } from '../../common/tool.ts';
import { referencedSchema } from './check-references.ts';
import type { PlanProblem } from './plan-problem.ts';
import { shown } from './plan-problem.ts';
import { typesOf } from './schema-walk.ts';

/** A `forEach` over something that can never be a list. */
export function checkForEach(
  step: PlanStep,
  tools: ReadonlyMap<string, Pick<ToolDescriptor, 'outputSchema'>>,
): PlanProblem[] {
  if (step.forEach === undefined) return [];
  const { items } = step.forEach;
  const problem = (text: string): PlanProblem[] => [
    {
      kind: 'bad-argument',
      step: step.id,
      field: 'forEach.items',
      message: `step "${step.id}", "forEach.items": ${text}; refer to a list, or write one out`,
    },
  ];
  switch (items.kind) {
    case 'literal':
      return Array.isArray(items.value) ? [] : problem(`received ${shown(items.value)}`);
    case 'template':
      return problem('received a text');
    case 'object':
      return problem('received an object');
    case 'list':
      return [];
    case 'output': {
      const schema = tools.get(items.step)?.outputSchema ?? null;
      const there = referencedSchema(items, schema);
      const types = there.kind === 'schema' ? typesOf(schema ?? {}, there.schema) : null;
      if (types === null || types.has('array')) return [];
      return problem(`step "${items.step}" gives ${[...types].join(' or ')} there, and no list`);
    }
  }
}
