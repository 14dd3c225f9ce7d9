// Proves that a step's undo is checked like a step and comes out with what the registry knows.
import { describe, expect, it } from 'vitest';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import { checkPlan } from '../../../services/planner/check-plan.ts';
import { createToolLookup } from '../../../services/planner/tool-lookup.ts';
import { ajvValidator } from './support/ajv-validator.ts';
import { fixedRegistry, registeredTool } from './support/tools.ts';

const id = { type: 'string' };
const book = registeredTool(
  'trip/book',
  {
    inputSchema: { type: 'object', properties: {} },
    outputSchema: { type: 'object', properties: { id }, additionalProperties: false },
  },
  { effect: 'compensable' },
);
const cancel = registeredTool(
  'trip/cancel',
  { inputSchema: { type: 'object', properties: { id }, required: ['id'] } },
  { effect: 'non-idempotent' },
);

function check(undo: object, more: readonly object[] = []) {
  const lookup = createToolLookup(fixedRegistry([book, cancel]), DEFAULT_TENANT_ID);
  const plan = { steps: [{ id: 'trip', tool: 'trip/book', undo }, ...more] };
  return checkPlan(plan, lookup, { validator: ajvValidator() });
}

describe('the undo of a step', () => {
  it('refers to its step → in the step, with effect, fingerprint and time-out; no step of its own', async () => {
    const checked = await check({ tool: 'trip/cancel', args: { id: '${trip.id}' } });
    if (!('plan' in checked)) throw new Error(JSON.stringify(checked.problems));
    expect(checked.plan.steps).toHaveLength(1);
    expect(checked.plan.steps[0]?.undo).toMatchObject({
      tool: 'trip/cancel',
      args: { id: { kind: 'output', step: 'trip', path: 'id' } },
      effect: 'non-idempotent',
      fingerprint: cancel.fingerprint,
    });
  });

  it.each([
    ['another tool', { tool: 'trip/cancle', args: { id: 'x' } }, 'trip/cancel'],
    ['a missing argument', { tool: 'trip/cancel' }, 'id'],
    ['a field that is not there', { tool: 'trip/cancel', args: { id: '${trip.no}' } }, 'trip.no'],
    ['an unknown field', { tool: 'trip/cancel', after: [] }, 'after'],
  ])('%s → a problem that names it', async (_what, undo, named) => {
    const checked = await check(undo);
    const problems = 'problems' in checked ? checked.problems : [];
    expect(problems.map(({ message }) => message).join('\n')).toContain(named);
  });

  it('a step by the name that the undo would have → a problem, not a mix-up', async () => {
    const undo = { tool: 'trip/cancel', args: { id: 'x' } };
    const checked = await check(undo, [{ id: 'trip_undo', tool: 'trip/book' }]);
    const problems = 'problems' in checked ? checked.problems : [];
    expect(problems.some(({ kind }) => kind === 'duplicate-id')).toBe(true);
  });
});
