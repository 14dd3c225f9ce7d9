import type { StepReport } from '../../../common/agent.ts';
import type { ContextSaved } from '../../../common/context-use.ts';
import { totalTokens } from '../../../common/context-use.ts';
import type { RunDetail } from '../../index.ts';
import { cleanText } from './clean-text.ts';
import { formatDuration } from './format-duration.ts';
import { modelLines } from './model-lines.ts';
import { plannerName } from './progress-lines.ts';
import type { Style } from './style.ts';
import { timeSaved } from './time-saved.ts';

/** Where a run can be looked at; `null`: not known. */
export interface RunPlaces {
  readonly temporalUi: string | null;
  readonly api: string | null;
}

/** Whether the run did what it was asked for. */
export function hasWorked(run: Pick<RunDetail, 'result'>): boolean {
  return run.result?.outcome === 'answered' || run.result?.outcome === 'completed';
}

export function stepsOf(run: Pick<RunDetail, 'result' | 'progress'>): readonly StepReport[] {
  return run.result?.steps ?? run.progress?.steps ?? [];
}

/** The end of a run: the answer or why there is none, what ran in parallel, and the links. */
export function runEnding(run: RunDetail, places: RunPlaces, style: Style): readonly string[] {
  const steps = stepsOf(run);
  return [
    '',
    ...outcomeLines(run, style),
    '',
    ...parallelLines(steps),
    ...plannerLine(run.result),
    ...modelLines(run, style),
    ...contextLine(run),
    ...placeLines(run, places, style),
  ];
}

/** `Run`, where it is in the Temporal Web UI and in the API. */
export function placeLines(
  run: Pick<RunDetail, 'runId'>,
  places: RunPlaces,
  style: Style,
): readonly string[] {
  return [
    `Run          ${run.runId}`,
    ...(places.temporalUi === null ? [] : [`Temporal UI  ${style.link(places.temporalUi)}`]),
    ...(places.api === null ? [] : [`API          ${style.link(places.api)}`]),
  ];
}

function outcomeLines(run: RunDetail, style: Style): readonly string[] {
  const { result } = run;
  if (result === null) {
    const why = run.failure === null ? '' : ` ${cleanText(run.failure)}`;
    return [`${style.bad(`The run ${wordsOf(run.status)}.`)}${why}`];
  }
  switch (result.outcome) {
    case 'answered':
      return [style.good('Answer'), cleanText(result.answer)];
    case 'needs-input':
      return [style.warn('The planner needs to know more:'), cleanText(result.question)];
    case 'completed':
      return [style.good('Completed: every step is done.')];
    case 'partial':
      return [`${style.warn('Partly done.')} ${cleanText(result.reason ?? '')}`.trim()];
    case 'failed':
      return [`${style.bad('Failed.')} ${cleanText(result.reason ?? '')}`.trim()];
    case 'cancelled':
      return [`${style.warn('Cancelled.')} ${cleanText(result.reason ?? '')}`.trim()];
    case 'out-of-budget':
      return 'limit' in result
        ? [
            `${style.warn('Stopped')} at the limit ${result.limit}.`,
            ...(result.answer === null ? [] : [cleanText(result.answer)]),
          ]
        : [`${style.warn('Stopped.')} ${cleanText(result.reason ?? '')}`.trim()];
  }
}

function wordsOf(status: RunDetail['status']): string {
  switch (status) {
    case 'running':
      return 'is still open';
    case 'completed':
      return 'has ended, and its result cannot be read';
    case 'failed':
      return 'failed';
    case 'cancelled':
      return 'was cancelled in Temporal';
    case 'terminated':
      return 'was terminated';
    case 'timed-out':
      return 'timed out';
    case 'continued':
      return 'goes on under a new Temporal run';
  }
}

const SETS_SHOWN = 3;

function parallelLines(steps: readonly StepReport[]): readonly string[] {
  const { wallMs, sequentialMs, mostAtOnce, together } = timeSaved(steps);
  const started = steps.filter(({ startedAtMs }) => startedAtMs !== null);
  if (started.length === 0) return [];
  const tools = new Set(started.map(({ tool }) => tool)).size;
  const counts = `${started.length} ${plural('step', started.length)} with ${tools} ${plural('tool', tools)}`;
  if (mostAtOnce < 2) {
    const how = started.length > 1 ? ', one at a time' : '';
    return [`Time         ${formatDuration(wallMs)}, ${counts}${how}`];
  }
  const shown = together.slice(0, SETS_SHOWN).map((set) => set.join(' + '));
  const more = together.length - shown.length;
  return [
    `Time         ${formatDuration(wallMs)}, ${counts}`,
    `In parallel  ${shown.join('; ')}${more > 0 ? `; and ${more} more ${plural('set', more)}` : ''}`,
    `Saved        ${formatDuration(sequentialMs - wallMs)}: one after another they take ${formatDuration(sequentialMs)}`,
  ];
}

function plannerLine(result: RunDetail['result']): readonly string[] {
  if (result === null || !('planner' in result) || result.planner === null) return [];
  const turns = `${result.turns} ${plural('turn', result.turns)}`;
  return [`Planner      ${plannerName(result.planner)}, ${turns}`];
}

/** What was sent to models and what was not, by what spared it. */
function contextLine({ result, progress }: RunDetail): readonly string[] {
  const use = result !== null && 'context' in result ? result.context : progress?.context;
  if (use === undefined) return [];
  const spared = SPARED_BY.flatMap(([by, words]) =>
    use.saved[by] > 0 ? [`${words} ${inThousands(use.saved[by])}`] : [],
  );
  const saved =
    spared.length === 0
      ? ''
      : `; ${inThousands(totalTokens(use.saved))} spared (${spared.join(', ')})`;
  return [`Context      ${inThousands(totalTokens(use.sent))} tokens sent${saved}`];
}

const SPARED_BY: readonly (readonly [keyof ContextSaved, string])[] = [
  ['schemas', 'short tool definitions'],
  ['results', 'cut results'],
  ['repeats', 'repeated results'],
  ['history', 'summaries'],
  ['tools', 'unused tools'],
];

function inThousands(tokens: number): string {
  return tokens < 1_000 ? String(tokens) : `${(tokens / 1_000).toFixed(1)}k`;
}

function plural(word: string, count: number): string {
  return count === 1 ? word : `${word}s`;
}
