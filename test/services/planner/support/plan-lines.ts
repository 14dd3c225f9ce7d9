import type { PlanGoalResult } from '../../../../common/agent.ts';
import type { JsonValue } from '../../../../common/json.ts';
import type { OutputRef, StepArg } from '../../../../common/plan.ts';

/** A decision as lines to compare: `id: tool {args as written} after other`, or what was said. */
export function planLines(decision: PlanGoalResult): readonly string[] {
  switch (decision.kind) {
    case 'plan':
      return decision.plan.steps.map(({ id, tool, args, after }) => {
        const written = Object.fromEntries(
          Object.entries(args).map(([name, arg]) => [name, writtenArg(arg)]),
        );
        const order = after.length === 0 ? '' : ` after ${after.join(',')}`;
        return `${id}: ${tool} ${JSON.stringify(written)}${order}`;
      });
    case 'answer':
      return [decision.answer];
    case 'needs-input':
      return [decision.question];
    case 'gave-up':
      return [decision.reason];
  }
}

function writtenArg(arg: StepArg): JsonValue {
  switch (arg.kind) {
    case 'literal':
      return arg.value;
    case 'output':
      return writtenReference(arg);
    case 'template':
      return arg.parts
        .map((part) => (typeof part === 'string' ? part : writtenReference(part)))
        .join('');
    case 'list':
      return arg.items.map(writtenArg);
    case 'object':
      return Object.fromEntries(
        Object.entries(arg.fields).map(([name, held]) => [name, writtenArg(held)]),
      );
  }
}

function writtenReference({ step, path }: OutputRef): string {
  return `\${${step}${path === '' ? '' : `.${path}`}}`;
}
