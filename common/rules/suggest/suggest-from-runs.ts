import type { ToolId } from '../../tool.ts';
import type { CompositionRule } from '../composition-rule.ts';
import type { ObservedCall, ObservedRun } from './observed-run.ts';
import type { RuleSuggestion, SuggestionEvidence } from './rule-suggestion.ts';
import { bySuggestionOrder, lowerBound } from './rule-suggestion.ts';
import { suggestionId } from './suggestion-id.ts';
import { valueFlows } from './value-flows.ts';

/** Less may be chance. */
const MIN_FLOWS = 2;
const MIN_ORDERED = 3;
const MIN_CONFIDENCE = 0.4;
const MAX_EXAMPLES = 3;

export interface SuggestFromRunsOptions {
  /** Order among reads says nothing. @default no tool is known to be one */
  readonly isRead?: (tool: ToolId) => boolean;
}

/**
 * Rules that past runs speak for: whose answers became whose arguments (`feeds`), and which tools
 * were always used in one order without such a reason (`before`). Best first.
 */
export function suggestFromRuns(
  runs: readonly ObservedRun[],
  { isRead = () => false }: SuggestFromRunsOptions = {},
): readonly RuleSuggestion[] {
  const feeds = suggestFeeds(runs);
  const fed = new Set(
    feeds.flatMap(({ rule }) => (rule.kind === 'feeds' ? [pair(rule.from, rule.to)] : [])),
  );
  return [...feeds, ...suggestOrder(runs, isRead, fed)].sort(bySuggestionOrder);
}

interface Seen {
  readonly runs: Set<string>;
  readonly values: Set<string>;
}

function suggestFeeds(runs: readonly ObservedRun[]): readonly RuleSuggestion[] {
  const seen = new Map<string, Seen>();
  for (const run of runs) {
    for (const { value, ...flow } of valueFlows(run)) {
      const key = JSON.stringify([flow.from, flow.output, flow.to, flow.argument]);
      const known = seen.get(key) ?? { runs: new Set(), values: new Set() };
      known.runs.add(run.runId);
      known.values.add(value);
      seen.set(key, known);
    }
  }
  return [...seen].flatMap(([key, { runs: held, values }]) => {
    // One value again and again may be a constant that both know.
    if (held.size < MIN_FLOWS || values.size < MIN_FLOWS) return [];
    const [from, output, to, argument] = JSON.parse(key) as [ToolId, string, ToolId, string];
    const could = runs.filter(({ calls }) => {
      const then = calls.filter(({ tool, args }) => tool === to && args[argument] !== undefined);
      return isAfter(then, calls, from);
    });
    const evidence = counted(could.length, held);
    const body = { kind: 'feeds', from, output, to, argument, required: false } as const;
    const what = `in ${held.size} of ${could.length} runs that used both, it was this value`;
    return suggestion(body, [from, to], what, evidence);
  });
}

function suggestOrder(
  runs: readonly ObservedRun[],
  isRead: (tool: ToolId) => boolean,
  fed: ReadonlySet<string>,
): readonly RuleSuggestion[] {
  const ordered = new Map<string, Set<string>>();
  const together = new Map<string, number>();
  for (const { runId, calls } of runs) {
    const spans = spansOf(calls);
    for (const [first, a] of spans) {
      for (const [then, b] of spans) {
        if (first === then) continue;
        const key = pair(first, then);
        together.set(key, (together.get(key) ?? 0) + 1);
        if (a.lastEnded < b.firstBegan)
          ordered.set(key, (ordered.get(key) ?? new Set()).add(runId));
      }
    }
  }
  const always = [...ordered].filter(([key, held]) => {
    return held.size >= MIN_ORDERED && held.size === together.get(key);
  });
  const known = new Set([...always.map(([key]) => key), ...fed]);
  return always.flatMap(([key, held]) => {
    const [first, then] = JSON.parse(key) as [ToolId, ToolId];
    if ((isRead(first) && isRead(then)) || fed.has(key)) return [];
    if (isThroughAnother(first, then, known)) return [];
    const evidence = counted(held.size, held);
    const body = { kind: 'before', first, then, required: false } as const;
    return suggestion(
      body,
      [first, then],
      `so it was in all ${held.size} runs that used both`,
      evidence,
    );
  });
}

interface Span {
  readonly firstBegan: number;
  readonly lastEnded: number;
}

function spansOf(calls: readonly ObservedCall[]): ReadonlyMap<ToolId, Span> {
  const spans = new Map<ToolId, Span>();
  for (const { tool, began, ended } of calls) {
    const { firstBegan = began, lastEnded = ended } = spans.get(tool) ?? {};
    spans.set(tool, {
      firstBegan: Math.min(firstBegan, began),
      lastEnded: Math.max(lastEnded, ended),
    });
  }
  return spans;
}

/** A rule of both halves of the way says it already. */
function isThroughAnother(first: ToolId, then: ToolId, known: ReadonlySet<string>): boolean {
  const middles = [...known].flatMap((key) => {
    const [from, to] = JSON.parse(key) as [ToolId, ToolId];
    return from === first && to !== then ? [to] : [];
  });
  return middles.some((middle) => known.has(pair(middle, then)));
}

function isAfter(
  then: readonly ObservedCall[],
  calls: readonly ObservedCall[],
  from: ToolId,
): boolean {
  return then.some(({ began }) => calls.some(({ tool, ended }) => tool === from && ended < began));
}

function suggestion(
  body: Omit<Extract<CompositionRule, { kind: 'feeds' | 'before' }>, 'name' | 'reason'>,
  tools: readonly ToolId[],
  what: string,
  evidence: Extract<SuggestionEvidence, { kind: 'runs' }>,
): readonly RuleSuggestion[] {
  const confidence = lowerBound(evidence.held, evidence.runs);
  if (confidence < MIN_CONFIDENCE) return [];
  const id = suggestionId(body, tools);
  const rule = { ...body, name: id, reason: `seen in past runs: ${what}` } as CompositionRule;
  return [{ id, rule, evidence, confidence }];
}

function counted(
  runs: number,
  held: ReadonlySet<string>,
): Extract<SuggestionEvidence, { kind: 'runs' }> {
  return { kind: 'runs', runs, held: held.size, examples: [...held].slice(0, MAX_EXAMPLES) };
}

function pair(first: string, then: string): string {
  return JSON.stringify([first, then]);
}
