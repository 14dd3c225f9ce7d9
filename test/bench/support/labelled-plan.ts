import type { JsonValue } from '../../../common/json.ts';
import { isJsonObject } from '../../../common/json.ts';
import type { Plan, PlanStep, StepId } from '../../../common/plan.ts';
import { parseStepArgs } from '../../../common/step-arg.ts';
import type { ToolId } from '../../../common/tool.ts';
import type { LabelledPlan } from './plan-set.ts';

/** How the data sets write a reference: `$var1.field$`, `$var1$`, `API_call_0`. */
const REFERENCE = /\$(var\d+)(?:\.([^$]*))?\$|\bAPI_call_(\d+)\b/g;

/** A reference of a data set: the step and the field, `''` for the whole answer. */
export interface SetReference {
  readonly step: string;
  readonly field: string;
}

export function setReferences(value: JsonValue): SetReference[] {
  if (typeof value === 'string') {
    return [...value.matchAll(REFERENCE)].map((match) => ({
      step: match[1] ?? match[3] ?? '',
      field: match[2] ?? '',
    }));
  }
  if (Array.isArray(value)) return value.flatMap(setReferences);
  return isJsonObject(value) ? Object.values(value).flatMap(setReferences) : [];
}

/**
 * The plan in our form. Steps with a tool are reads: the sets label what flows between functions,
 * and nothing else. Steps that are only text are of one unknown server and class.
 */
export function toPlan(plan: LabelledPlan, rewrite: (text: string) => JsonValue): Plan {
  const steps = plan.nodes.map((node): PlanStep => ({
    id: stepId(node.id),
    tool: `set/${node.tool ?? 'text'}` as ToolId,
    args: parseStepArgs(
      Object.fromEntries(
        Object.entries(node.args ?? {}).map(([name, value]) => [name, mapTexts(value, rewrite)]),
      ),
    ),
    after: [],
    onFailure: 'abort',
    effect: typeof node.tool === 'string' ? 'read' : 'non-idempotent',
    fingerprint: null,
    timeoutMs: 1_000,
    title: node.id,
  }));
  return { steps };
}

/** Our ids begin with a letter. */
export function stepId(id: string): StepId {
  return `s${id}` as StepId;
}

/** References as ours. */
export function asReference(text: string): JsonValue {
  return text.replaceAll(REFERENCE, (_whole, name?: string, field?: string, index?: string) => {
    const path = field === undefined || field === '' ? '' : `.${field}`;
    return `\${${stepId(name ?? index ?? '')}${path}}`;
  });
}

/** References blanked, with the text around them. */
export function asBlank(text: string): JsonValue {
  return setReferences(text).length > 0 ? null : text;
}

function mapTexts(value: JsonValue, rewrite: (text: string) => JsonValue): JsonValue {
  if (typeof value === 'string') return rewrite(value);
  if (Array.isArray(value)) return value.map((item: JsonValue) => mapTexts(item, rewrite));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, held]) => [name, mapTexts(held, rewrite)]),
  );
}
