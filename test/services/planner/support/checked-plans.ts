import type { JsonObject } from '../../../../common/json.ts';
import { DEFAULT_TENANT_ID } from '../../../../common/tenant.ts';
import { checkPlan } from '../../../../services/planner/check-plan.ts';
import type { CheckPlanOptions } from '../../../../services/planner/check-plan.ts';
import { createToolLookup } from '../../../../services/planner/tool-lookup.ts';
import { ajvValidator } from './ajv-validator.ts';
import { fixedRegistry, registeredTool } from './tools.ts';

export const object = (properties: JsonObject, required: string[] = [], more: JsonObject = {}) => ({
  type: 'object',
  properties,
  required,
  ...more,
});
export const read = registeredTool(
  'files/read_file',
  {
    title: 'Read File',
    inputSchema: object({ path: { type: 'string' }, head: { type: 'integer', minimum: 1 } }, [
      'path',
    ]),
    outputSchema: object({ content: { type: 'string' } }, ['content'], {
      additionalProperties: false,
    }),
  },
  { effect: 'read' },
);
const count = registeredTool('text/count', {
  inputSchema: object(
    {
      text: { type: 'string', description: 'Text to count' },
      unit: { enum: ['words', 'lines'] },
      limit: { type: 'number' },
      tags: { type: 'array', items: { type: 'string' } },
      opts: { $ref: '#/$defs/opts' },
    },
    ['text'],
    {
      additionalProperties: false,
      $defs: {
        opts: object({ deep: { type: 'boolean' } }, ['deep'], { additionalProperties: false }),
      },
    },
  ),
  outputSchema: object({
    total: { type: 'integer' },
    words: { type: 'array', items: { type: 'string' } },
  }),
});
const off = registeredTool('text/off', { inputSchema: object({}) }, { enabled: false });
const changed = registeredTool('text/changed', { inputSchema: object({}) }, { status: 'changed' });
const gone = registeredTool('text/gone', { inputSchema: object({}) }, { status: 'gone' });
export const tools = [read, count, off, changed, gone];

export function check(plan: unknown, options: Partial<CheckPlanOptions> = {}) {
  const lookup = createToolLookup(fixedRegistry(tools), DEFAULT_TENANT_ID);
  return checkPlan(plan, lookup, { validator: ajvValidator(), ...options });
}

export async function problemsOf(plan: unknown, options: Partial<CheckPlanOptions> = {}) {
  const checked = await check(plan, options);
  return 'problems' in checked ? checked.problems : [];
}

export const one = (step: object) => ({
  steps: [{ id: 'a', tool: 'text/count', args: { text: 'x' }, ...step }],
});
