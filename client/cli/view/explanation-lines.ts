import type { PlanAnswer } from '../api-types.ts';
import { oneLine } from './clean-text.ts';
import { formatDuration } from './format-duration.ts';
import type { Style } from './style.ts';

/** A detail may hold a path or a description of any length. */
const DETAIL_WIDTH = 160;

type Step = PlanAnswer['steps'][number];

/** A plan by rounds: what starts when, and under each step why it waits. */
export function explanationLines(plan: PlanAnswer, style: Style): readonly string[] {
  const lines: string[] = [];
  for (let round = 1; round <= plan.depth; round += 1) {
    const steps = plan.steps.filter((step) => step.round === round);
    lines.push(style.dim(round === 1 ? 'At once' : `Round ${round}`));
    lines.push(...steps.flatMap((step) => stepLines(step, style)));
  }
  if (plan.dropped.length > 0) {
    lines.push(`Left out, since nothing wanted needs them: ${plan.dropped.join(', ')}`);
  }
  const { steps, expectedMs } = plan.critical;
  const took = expectedMs === null ? '' : `, about ${formatDuration(expectedMs)}`;
  if (steps.length > 1) lines.push(`Longest way: ${steps.join(' → ')}${took}`);
  lines.push(style.dim(`${plan.steps.length} steps in ${plan.depth} rounds`));
  return lines;
}

function stepLines(
  { id, tool, waits, sameAs, cached, fallback, plan, ...together }: Step,
  style: Style,
): readonly string[] {
  const source = sameAs ?? together.partOf ?? null;
  const same = source === null ? '' : `, answered by ${source}`;
  const known = cached === true ? ', answer is cached' : '';
  const other = fallback === undefined ? '' : `, else ${fallback}`;
  return [
    `  ${id} ${style.dim(`(${tool}${same}${known}${other})`)}`,
    ...togetherLines(together),
    ...waits.map(
      (wait) =>
        `    waits for ${wait.for}: ${oneLine(wait.detail, DETAIL_WIDTH)} ${style.dim(`(${wait.reason})`)}`,
    ),
    ...(plan === undefined ? [] : explanationLines(plan, style).map((line) => `    ${line}`)),
  ];
}

function togetherLines({ callsFor, batch }: Pick<Step, 'callsFor' | 'batch'>): readonly string[] {
  return [
    ...(callsFor === undefined
      ? []
      : [`    one call for ${callsFor.join(', ')}: their server takes them together`]),
    ...(batch === undefined
      ? []
      : [`    calls ${batch.tool} for up to ${batch.maxItems} items at once`]),
  ];
}
