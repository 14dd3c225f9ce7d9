import { degradedWords } from '../../../common/degraded.ts';
import type { PlannerUsed, RunProgress, StepReport } from '../../../common/agent.ts';
import type { PendingDecision } from '../../../common/approval.ts';
import { cleanText, oneLine } from './clean-text.ts';
import { formatDuration } from './format-duration.ts';
import type { TreeRow } from './plan-tree.ts';
import { planTree } from './plan-tree.ts';
import type { Style } from './style.ts';

export interface ProgressLinesOptions {
  readonly style: Style;
  /** Columns of the terminal. */
  readonly width: number;
  /** Now, ms since the epoch: running steps count up to it. */
  readonly nowMs: number;
}

/** A run as it stands: the phase, and the plan as a tree with each step's state and time. */
export function progressLines(
  progress: RunProgress,
  options: ProgressLinesOptions,
): readonly string[] {
  return [
    phaseLine(progress, options.style),
    ...stepLines(progress.steps, options),
    ...(progress.pending ?? []).map((decision) => pendingLine(decision, options.style)),
  ];
}

/** The plan as a tree, a line a step. */
export function stepLines(
  steps: readonly StepReport[],
  { style, width, nowMs }: ProgressLinesOptions,
): readonly string[] {
  const rows = planTree(steps);
  const nameWidth = Math.max(0, ...rows.map((row) => nameOf(row).length));
  const toolWidth = Math.max(0, ...rows.map(({ step }) => step.tool.length));
  return rows.map((row) => {
    const { step } = row;
    const name = nameOf(row).slice(row.branch.length);
    const padding = ' '.repeat(nameWidth - nameOf(row).length);
    const left = `${style.dim(row.branch)}${style.mark(step.state)} ${style.bold(name)}${padding}`;
    // Mark and gaps: `✔ name  tool  time  note`.
    const used = 2 + nameWidth + 2 + toolWidth + 2 + 9;
    const note = oneLine(noteOf(row), Math.max(0, width - used - 3));
    const time = timeOf(step, nowMs).padStart(9);
    const shown = step.state === 'failed' ? style.bad(note) : style.dim(note);
    return `${left}  ${step.tool.padEnd(toolWidth)}  ${time}  ${shown}`.trimEnd();
  });
}

/** `planning`, `running`, `ended` in words, with the planner. */
function phaseLine(progress: RunProgress, style: Style): string {
  const { phase, planner, steps, turn } = progress;
  const by = planner === null ? '' : style.dim(`  ${plannerName(planner)}`);
  const done = steps.filter(({ state }) => state === 'done').length;
  const count = `${done} of ${steps.length} ${steps.length === 1 ? 'step' : 'steps'} done`;
  switch (phase) {
    case 'planning':
      return turn > 1
        ? `${style.bold('Planning')}, turn ${turn} (${count})${by}`
        : `${style.bold('Planning')}${by}`;
    case 'running':
      return `${style.bold(progress.isPaused === true ? 'Paused' : 'Running')}, ${count}${by}`;
    case 'ended':
      return `${style.bold('Ended')}, ${count}${by}`;
  }
}

/** A call that waits for a person, with the id by which it is decided. */
export function pendingLine({ id, tool, kind }: PendingDecision, style: Style): string {
  const what = {
    approval: 'waits for a person',
    'outcome-unknown': 'may have acted: a person says what happened',
    question: 'asks a person something',
  }[kind];
  return style.warn(`? ${id}  ${cleanText(tool)}  ${what}: see "ostinato approvals list"`);
}

export function plannerName(planner: PlannerUsed): string {
  if (planner.kind === 'offline') return 'offline planner (no language model)';
  return [planner.provider, planner.model].filter((part) => part !== null).join(' ') || 'model';
}

/** How long a step took, or takes so far; empty before it starts. */
export function timeOf(step: StepReport, nowMs: number): string {
  if (step.startedAtMs === null) return '';
  return formatDuration((step.endedAtMs ?? nowMs) - step.startedAtMs);
}

/** What to say beside a step: why it failed, what it waits for, what it answered. */
function noteOf({ step, alsoAfter }: TreeRow): string {
  if (step.problem !== null) return step.problem;
  if (step.state === 'waiting' && alsoAfter.length > 0) return `also after ${alsoAfter.join(', ')}`;
  if (step.waitsFor !== undefined) return limitWords(step.waitsFor);
  const other = step.degraded?.at(-1);
  const by = other === undefined ? '' : `[degraded: ${degradedWords(other)}] `;
  const from = step.cached === true ? '[cached] ' : '';
  return `${by}${from}${step.preview ?? ''}`;
}

/** How many calls of a step wait for a limit, since when and for which. */
export function limitWords({
  scope,
  name,
  limit,
  allowed,
  sinceMs,
  calls,
}: NonNullable<StepReport['waitsFor']>): string {
  const what = limit === 'maxInFlight' ? 'calls at once' : 'calls a minute';
  const since = new Date(sinceMs).toISOString().slice(11, 19);
  const whose = cleanText(name);
  const count = calls === 1 ? 'a call waits' : `${calls} calls wait`;
  return `${count} since ${since} UTC: the ${scope} ${whose} may have ${allowed} ${what} (${limit})`;
}

function nameOf({ branch, step }: TreeRow): string {
  return `${branch}${cleanText(step.id)}`;
}
