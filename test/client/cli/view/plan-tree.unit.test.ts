// Proves how a plan is drawn as a tree.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planTree } from '../../../../client/cli/view/plan-tree.ts';
import { report } from './support.ts';

describe('planTree', () => {
  it('chains and forks → each step under the deepest that it waits for, in the order of the plan', () => {
    const rows = planTree([
      report('list'),
      report('join', { needs: ['list', 'read'] }),
      report('read', { needs: ['list'] }),
      report('stats'),
      report('also', { needs: ['list'] }),
    ]);
    expect(rows.map(({ branch, step }) => `${branch}${step.id}`)).toEqual([
      'list',
      '├─ read',
      '│  └─ join',
      '└─ also',
      'stats',
    ]);
    expect(rows.find(({ step }) => step.id === 'join')?.alsoAfter).toEqual(['list']);
  });

  it('any plan without cycles → every step once, below all that it needs', () => {
    const steps = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { maxLength: 30 }).map((needs) =>
      needs.map((picks, at) =>
        report(`s${at}`, {
          needs: [...new Set(picks.map((pick) => `s${pick % (at || 1)}`))].slice(0, at),
        }),
      ),
    );
    fc.assert(
      fc.property(steps, (plan) => {
        const order = planTree(plan).map(({ step }) => step.id);
        expect([...order].sort()).toEqual(plan.map(({ id }) => id).sort());
        const parents = planTree(plan).filter(({ branch }) => branch === '');
        expect(parents.every(({ step }) => step.needs.length === 0)).toBe(true);
      }),
    );
  });

  it('needs that are not among the steps → a root', () => {
    expect(planTree([report('a', { needs: ['gone'] })])[0]?.branch).toBe('');
  });
});
