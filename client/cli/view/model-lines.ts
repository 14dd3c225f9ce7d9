import type { LlmAttempt } from '../../../common/llm-routing.ts';
import type { ModelChoice } from '../../../common/model-choice.ts';
import type { RunDetail } from '../../index.ts';
import { oneLine } from './clean-text.ts';
import { formatDuration } from './format-duration.ts';
import type { Style } from './style.ts';

/** Calls in a row that the same model served without a detour are one. */
interface CallsAlike {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly latest: ModelChoice;
}

const GROUPS_SHOWN = 6;
const MAX_WHY = 300;
const INDENT = ' '.repeat(13);

/** Which model served the calls of each turn and why, and what was tried before it with what came. */
export function modelLines(
  { result, progress }: Pick<RunDetail, 'result' | 'progress'>,
  style: Style,
): readonly string[] {
  const choices = result !== null && 'models' in result ? result.models : progress?.models;
  const groups = (choices ?? []).reduce<readonly CallsAlike[]>(addChoice, []);
  const shown = groups.slice(-GROUPS_SHOWN);
  const hidden = groups.slice(0, -GROUPS_SHOWN).reduce((sum, { count }) => sum + count, 0);
  const earlier = hidden === 0 ? [] : [style.dim(`${hidden} earlier calls: see --json`)];
  const lines = [...earlier, ...shown.flatMap((group) => groupLines(group, style))];
  return lines.map((line, at) => `${at === 0 ? 'Models'.padEnd(INDENT.length) : INDENT}${line}`);
}

function addChoice(groups: readonly CallsAlike[], choice: ModelChoice): readonly CallsAlike[] {
  const { turn } = choice;
  const before = groups.at(-1);
  const route = plainRoute(choice);
  if (before === undefined || route === null || route !== plainRoute(before.latest)) {
    return [...groups, { from: turn, to: turn, count: 1, latest: choice }];
  }
  const joined = { ...before, to: turn, count: before.count + 1, latest: choice };
  return [...groups.slice(0, -1), joined];
}

/** Who served it, where the first that was asked did. */
function plainRoute({ attempts, degraded }: ModelChoice): string | null {
  const [first] = attempts;
  return first !== undefined && attempts.length === 1 && degraded === undefined
    ? first.route
    : null;
}

function groupLines({ from, to, count, latest }: CallsAlike, style: Style): readonly string[] {
  const turns = from === to ? `turn ${from}` : `turns ${from}-${to}`;
  const calls = count === 1 ? '' : `, ${count} calls`;
  const served = latest.attempts.findLast(({ outcome }) => outcome === 'ok');
  const by =
    served === undefined
      ? style.bad('no model')
      : `${oneLine(served.route, MAX_WHY)} (${oneLine(served.why, MAX_WHY)})`;
  const before = latest.attempts.filter((attempt) => attempt !== served);
  return [
    `${turns}${calls}: ${by}`,
    ...before.map((attempt) => `  ${style.warn(detour(attempt))}`),
    ...(latest.degraded ?? []).map(
      (how) => `  ${style.warn(`Degraded: ${oneLine(how, MAX_WHY)}`)}`,
    ),
  ];
}

function detour({ route, outcome, why, durationMs }: LlmAttempt): string {
  const name = oneLine(route, MAX_WHY);
  const said = oneLine(why, MAX_WHY);
  if (outcome === 'skipped') return `passed over ${name}: ${said}`;
  return `gave up ${name} after ${formatDuration(durationMs)}, ${outcome}: ${said}`;
}
