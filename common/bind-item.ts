import type { JsonValue } from './json.ts';
import type { OutputRef, Plan, StepArg, StepId } from './plan.ts';
import { asText, UnresolvedReference } from './resolve-args.ts';
import { parseStepArg } from './step-arg.ts';
import { valueAt } from './value-path.ts';

/** How a template refers to the item: `${item}` is the whole, `${item.name}` a value inside it. */
export const ITEM = 'item' as StepId;

/**
 * Puts an item's values in place of the references to it. Values are literals from then on: text in
 * an item that looks like a reference stays text.
 *
 * @throws UnresolvedReference where the item has no such value.
 */
export function bindPlan(template: Plan, item: JsonValue): Plan {
  return {
    steps: template.steps.map((step) => ({
      ...step,
      args: Object.fromEntries(
        Object.entries(step.args).map(([name, arg]) => [name, bindArg(arg, item)]),
      ),
    })),
  };
}

/** The same for a goal. `$${` is a literal `${`. @throws UnresolvedReference */
export function bindGoal(goal: string, item: JsonValue): string {
  const bound = bindArg(parseStepArg(goal), item);
  switch (bound.kind) {
    case 'literal':
      return asText(bound.value);
    case 'template':
      return bound.parts.map((part) => (typeof part === 'string' ? part : written(part))).join('');
    case 'output':
      return written(bound);
    default:
      return goal;
  }
}

export function bindArg(arg: StepArg, item: JsonValue): StepArg {
  switch (arg.kind) {
    case 'literal':
      return arg;
    case 'output':
      return arg.step === ITEM ? { kind: 'literal', value: itemValue(arg, item) } : arg;
    case 'list':
      return { kind: 'list', items: arg.items.map((each) => bindArg(each, item)) };
    case 'object':
      return {
        kind: 'object',
        fields: Object.fromEntries(
          Object.entries(arg.fields).map(([name, field]) => [name, bindArg(field, item)]),
        ),
      };
    case 'template': {
      const parts = arg.parts.map((part) =>
        typeof part === 'string' || part.step !== ITEM ? part : asText(itemValue(part, item)),
      );
      return parts.every((part) => typeof part === 'string')
        ? { kind: 'literal', value: parts.join('') }
        : { kind: 'template', parts };
    }
  }
}

function itemValue({ path }: OutputRef, item: JsonValue): JsonValue {
  if (path === '') return item;
  const found = valueAt(item, path);
  if (found.found) return found.value;
  const at = found.at === '' ? 'it' : `"${found.at}"`;
  const there = found.keys.length === 0 ? 'no fields' : found.keys.join(', ');
  throw new UnresolvedReference(`The item has no "${path}": ${at} has ${there}.`);
}

/** A goal may speak of `${…}` that is none of ours: it stays as it was. */
function written({ step, path }: OutputRef): string {
  return `\${${step}${path === '' || path.startsWith('[') ? '' : '.'}${path}}`;
}
