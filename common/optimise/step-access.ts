import type { JsonValue } from '../json.ts';
import type { PlanStep, StepArg } from '../plan.ts';
import type { FindToolFacts, ResourceRule, ToolFacts } from './tool-facts.ts';

/**
 * What a step touches. A key is a way down a tree; two steps can meet where one's key is the
 * beginning of the other's. `[server]` alone is everything of that server.
 */
export interface StepAccess {
  readonly reads: readonly ResourceKey[];
  readonly writes: readonly ResourceKey[];
}

export type ResourceKey = readonly string[];

/** The beginning of every key. */
const EVERYTHING: readonly string[] = [];

/** Not a name that a server can have. */
const EVERY_SERVER = '*';

/** What each step touches, in the order of the steps. */
export function stepAccesses(
  steps: readonly PlanStep[],
  findFacts: FindToolFacts,
): readonly StepAccess[] {
  const accesses = steps.map((step) => withFallback(step, findFacts));
  const keys = accesses.flatMap(({ reads, writes }) => [...reads, ...writes]);
  const styles = new Set(keys.filter((key) => key[1] === 'file').map((key) => key[2]));
  if (!styles.has('.') || !styles.has('/')) return accesses;
  // Where the working folder is not known, `a` and `/work/a` may be one file.
  const anywhere = (key: ResourceKey) =>
    key[1] === 'file' && key[2] === '.' ? key.slice(0, 2) : key;
  return accesses.map(({ reads, writes }) => ({
    reads: reads.map(anywhere),
    writes: writes.map(anywhere),
  }));
}

/** A step whose fallback is asked touches what that touches. */
function withFallback(step: PlanStep, findFacts: FindToolFacts): StepAccess {
  const own =
    step.action === undefined ? callAccess(step, findFacts(step.tool)) : actionAccess(step);
  const { fallback } = step;
  if (fallback === undefined) return own;
  const other = callAccess(fallback, findFacts(fallback.tool));
  return { reads: [...own.reads, ...other.reads], writes: [...own.writes, ...other.writes] };
}

function callAccess(
  step: Pick<PlanStep, 'tool' | 'effect' | 'args'>,
  facts: Pick<ToolFacts, 'resources'> | undefined,
): StepAccess {
  const server = serverOf(step);
  const rules = facts?.resources ?? [];
  const readOnly = step.effect === 'read';
  if (rules.length === 0) {
    return readOnly ? { reads: [[server]], writes: [] } : { reads: [], writes: [[server]] };
  }
  const reads: ResourceKey[] = [];
  const writes: ResourceKey[] = [];
  for (const rule of rules) {
    const into = readOnly || rule.access === 'read' ? reads : writes;
    for (const value of valuesOf(step.args[rule.arg])) into.push(...keysOf(server, rule, value));
  }
  return { reads, writes };
}

/** What steps of a child run touch is not known here, and a wait was written where it stands for a reason. */
function actionAccess({ action, effect }: PlanStep): StepAccess {
  if (action?.kind === 'value') return { reads: [], writes: [] };
  return effect === 'read'
    ? { reads: [EVERYTHING], writes: [] }
    : { reads: [], writes: [EVERYTHING] };
}

function serverOf(step: Pick<PlanStep, 'tool'>): string {
  return step.tool.split('/', 1)[0] ?? step.tool;
}

/** The texts that an argument names; `null` for each that nobody knows before the plan runs. */
function valuesOf(arg: StepArg | undefined): readonly (string | null)[] {
  if (arg === undefined) return [null];
  if (arg.kind === 'list') return arg.items.flatMap(valuesOf);
  if (arg.kind !== 'literal') return [null];
  const values: readonly JsonValue[] = Array.isArray(arg.value) ? arg.value : [arg.value];
  return values.map((value) => {
    if (typeof value === 'number') return String(value);
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
  });
}

/** A file is one thing for every server that can reach it, and part of its own server besides. */
function keysOf(server: string, rule: ResourceRule, value: string | null): readonly ResourceKey[] {
  if (rule.kind === 'id') return [value === null ? [server] : [server, 'id', fold(value)]];
  const unknown = rule.kind === 'path' ? ['file'] : [];
  const place = value === null ? unknown : placeOf(rule.kind, value);
  return [
    [server, ...place],
    [EVERY_SERVER, ...place],
  ];
}

function placeOf(kind: 'path' | 'uri', value: string): readonly string[] {
  const uri = /^([a-z][a-z0-9+.-]+):\/\/([^/?#]*)([^#]*)/i.exec(value);
  const scheme = uri?.[1]?.toLowerCase();
  if (uri !== null && scheme !== undefined && scheme !== 'file') {
    const path = segmentsOf(unescaped(uri[3] ?? '')) ?? [];
    return ['uri', `${scheme}://${fold(uri[2] ?? '')}`, ...path];
  }
  if (kind === 'uri' && uri === null) return ['uri', fold(value)];
  const path = uri === null ? value : unescaped(uri[3] ?? '');
  const absolute = /^([\\/]|[a-z]:[\\/])/i.test(path);
  const segments = path.startsWith('~') ? null : segmentsOf(path);
  // A relative path lies below a folder that only the server knows, so it may be any of the files.
  if (segments === null) return ['file'];
  return ['file', absolute ? '/' : '.', ...segments];
}

/** Of a URI, as the place is called where it is no URI. */
function unescaped(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** `null`: leads out of the folder it starts in. Stops before a wildcard: it may mean anything there. */
function segmentsOf(path: string): readonly string[] | null {
  const segments: string[] = [];
  for (const segment of path.replaceAll('\\', '/').split('/')) {
    if (segment === '' || segment === '.') continue;
    if (/[*?[{]/.test(segment)) break;
    if (segment !== '..') segments.push(fold(segment));
    else if (segments.pop() === undefined) return null;
  }
  return segments;
}

/** Many file systems ignore case: too few resources keep an order too many, never too few. */
function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
