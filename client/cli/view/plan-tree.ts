import type { StepReport } from '../../../common/agent.ts';

/** A step in its place in the tree. */
export interface TreeRow {
  readonly step: StepReport;
  /** Lines that lead to it: `├─ `, `│  └─ `; empty for a root. */
  readonly branch: string;
  /** Steps that it also waits for, besides the one it hangs under. */
  readonly alsoAfter: readonly string[];
}

/**
 * A plan as a tree. A step hangs under the one it waits for that lies deepest, so that every step
 * stands below all that it needs; the others are named beside it. Otherwise in the plan's order.
 */
export function planTree(steps: readonly StepReport[]): readonly TreeRow[] {
  const parents = parentOf(steps);
  const children = new Map<string | null, StepReport[]>();
  for (const step of steps) {
    const parent = parents.get(step.id) ?? null;
    children.set(parent, [...(children.get(parent) ?? []), step]);
  }
  const rows: TreeRow[] = [];
  const place = (parent: string | null, indent: string): void => {
    const siblings = children.get(parent) ?? [];
    siblings.forEach((step, index) => {
      const isLast = index === siblings.length - 1;
      const branch = parent === null ? '' : `${indent}${isLast ? '└─ ' : '├─ '}`;
      const alsoAfter = step.needs.filter((need) => need !== parent);
      rows.push({ step, branch, alsoAfter });
      place(step.id, parent === null ? '' : `${indent}${isLast ? '   ' : '│  '}`);
    });
  };
  place(null, '');
  return rows;
}

function parentOf(steps: readonly StepReport[]): ReadonlyMap<string, string> {
  const byId = new Map<string, StepReport>(steps.map((step) => [step.id, step]));
  const depths = new Map<string, number>();
  const parents = new Map<string, string>();
  const depthOf = (id: string): number => {
    const known = depths.get(id);
    if (known !== undefined) return known;
    // Stands for itself while it is being worked out: a plan that runs has no cycles.
    depths.set(id, 0);
    let depth = 0;
    for (const need of byId.get(id)?.needs ?? []) {
      if (!byId.has(need)) continue;
      const below = depthOf(need) + 1;
      if (below > depth) {
        depth = below;
        parents.set(id, need);
      }
    }
    depths.set(id, depth);
    return depth;
  };
  for (const { id } of steps) depthOf(id);
  return parents;
}
