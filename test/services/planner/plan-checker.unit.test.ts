// Proves that a refused plan becomes one Plan.Invalid error that lists every problem.
import { describe, expect, it } from 'vitest';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import { createPlanChecker } from '../../../services/planner/plan-checker.ts';
import { ajvValidator } from './support/ajv-validator.ts';
import { fixedRegistry, registeredTool } from './support/tools.ts';

const tool = registeredTool('s/t', { inputSchema: { type: 'object' } });
const checker = createPlanChecker({ registry: fixedRegistry([tool]), validator: ajvValidator() });

describe('createPlanChecker', () => {
  it('sound plan → the plan', async () => {
    const plan = await checker.check(DEFAULT_TENANT_ID, { steps: [{ id: 'a', tool: 's/t' }] });
    expect(plan.steps).toMatchObject([{ id: 'a', tool: 's/t', title: 't' }]);
  });

  it('two faults → Plan.Invalid, not retryable, both listed', async () => {
    const steps = [{ id: 'a', tool: 's/x', after: ['b'] }];
    const refused = checker.check(DEFAULT_TENANT_ID, { steps });
    await expect(refused).rejects.toMatchObject({
      type: 'Plan.Invalid',
      retry: { allowed: false },
      message: expect.stringMatching(/2 problems:\n- .*s\/x.*\n- .*"b"/),
    });
  });

  it('more problems than fit → the rest counted', async () => {
    const steps = Array.from({ length: 40 }, (_, at) => ({ id: `a${at}`, tool: 's/x' }));
    await expect(checker.check(DEFAULT_TENANT_ID, { steps })).rejects.toThrow(/and 15 more/);
  });
});
