import type { JsonObject } from '../../../common/json.ts';
import { dependenciesOf } from '../../../common/order-steps.ts';
import type { StepId } from '../../../common/plan.ts';
import { parseStepArgs } from '../../../common/step-arg.ts';
import type { RegisteredTool } from '../../registry/registry.ts';
import type { DraftStep } from './draft-step.ts';
import { previousSteps, textsIn } from './draft-step.ts';
import type { Clause } from './goal/split-goal.ts';
import { CHANGING_VERBS } from './goal/verbs.ts';
import { allWords } from './goal/words.ts';

/**
 * The steps that a new one must wait for besides those that its arguments refer to: by an ordering
 * word, or because one of the two changes what the other names.
 */
export function waitsFor(
  clause: Clause,
  tool: RegisteredTool,
  args: JsonObject,
  earlier: readonly DraftStep[],
): readonly string[] {
  const stated = new Set<string>(referred(args));
  const byWord =
    clause.waitsFor === 'previous'
      ? unlessTied(previousSteps(clause, earlier), stated)
      : clause.waitsFor === 'all-before'
        ? lastOf(earlier)
        : [];
  const byChange = earlier.filter(
    (step) => step.clause !== clause && collide(step, { tool, args }),
  );
  const ids = [...byWord, ...byChange].map((step) => step.id);
  return [...new Set(ids)].filter((id) => !stated.has(id));
}

/** `read a and b, then count each`: each count waits for its own text; the word asks for no more. */
function unlessTied(
  steps: readonly DraftStep[],
  stated: ReadonlySet<string>,
): readonly DraftStep[] {
  const isTied = steps.some(({ id }) => stated.has(id)) && !steps.some(({ tool }) => changes(tool));
  return isTied ? [] : steps;
}

function lastOf(steps: readonly DraftStep[]): readonly DraftStep[] {
  const needed = new Set<string>(steps.flatMap((step) => [...step.after, ...referred(step.args)]));
  return steps.filter((step) => !needed.has(step.id));
}

function referred(args: JsonObject): readonly StepId[] {
  return dependenciesOf({ id: '' as StepId, args: parseStepArgs(args), after: [] });
}

/**
 * Both on one server, one changes something, and they name the same thing or one names nothing and
 * so may mean everything. Without this, `create X and list what is there` would race.
 */
function collide(
  earlier: Pick<DraftStep, 'tool' | 'args'>,
  later: Pick<DraftStep, 'tool' | 'args'>,
): boolean {
  if (earlier.tool.server !== later.tool.server) return false;
  if (!changes(earlier.tool) && !changes(later.tool)) return false;
  if (changes(earlier.tool) && changes(later.tool)) return true;
  const [before, after] = [namesIn(earlier.args), namesIn(later.args)];
  if (before.length === 0 || after.length === 0) return true;
  return before.some((a) => after.some((b) => a === b || isInside(a, b) || isInside(b, a)));
}

/** Whether its name promises a change and no admin has said otherwise. */
export function changes(tool: RegisteredTool): boolean {
  const [verb = ''] = allWords(tool.name);
  return tool.effect !== 'read' && CHANGING_VERBS.has(verb);
}

function namesIn(args: JsonObject): readonly string[] {
  return textsIn(args).filter((text) => !text.includes('${'));
}

function isInside(path: string, folder: string): boolean {
  return folder === '.' || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
