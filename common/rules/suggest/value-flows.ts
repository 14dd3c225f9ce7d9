import type { JsonValue } from '../../json.ts';
import { isJsonObject } from '../../json.ts';
import type { ToolId } from '../../tool.ts';
import type { ObservedCall, ObservedRun } from './observed-run.ts';

/** A value of one tool's answer that was an argument of a later call. */
export interface ValueFlow {
  readonly from: ToolId;
  /** Path into the answer. */
  readonly output: string;
  readonly to: ToolId;
  /** Top-level argument. */
  readonly argument: string;
  readonly value: string;
}

const MAX_DEPTH = 6;
const MAX_VALUES = 2_000;
/** Shorter texts and smaller numbers are equal by chance. */
const MIN_CHARS = 4;
const MIN_NUMBER = 1_000;

/**
 * Where the arguments of a run's calls came from: for each, the first answer that had its value.
 * What was given at the start, or stood in an argument before that answer came, came from no tool.
 */
export function valueFlows({ calls, given }: ObservedRun): readonly ValueFlow[] {
  const answers = [...calls]
    .sort((a, b) => a.ended - b.ended)
    .map((call) => ({ call, paths: pathsByValue(call.answer) }));
  return calls.flatMap((call) =>
    Object.entries(call.args).flatMap(([argument, written]) => {
      const value = telling(written);
      if (value === null || given.includes(value)) return [];
      const source = answers.find(({ call: { ended }, paths }) => {
        return ended < call.began && paths.has(value);
      });
      if (source === undefined || source.call.tool === call.tool) return [];
      if (wasKnown(value, source.call, calls)) return [];
      const output = source.paths.get(value) ?? '';
      return [{ from: source.call.tool, output, to: call.tool, argument, value }];
    }),
  );
}

/** In an argument of a call that began before the answer came. */
function wasKnown(value: string, source: ObservedCall, calls: readonly ObservedCall[]): boolean {
  return calls.some(
    ({ began, args }) => began < source.ended && JSON.stringify(args).includes(value),
  );
}

/** A value as text, where it is one that two places hardly share by chance; else `null`. */
function telling(value: JsonValue | undefined): string | null {
  if (typeof value === 'string') return value.length < MIN_CHARS ? null : value;
  if (typeof value !== 'number') return null;
  return Math.abs(value) < MIN_NUMBER && Number.isInteger(value) ? null : String(value);
}

/** For each telling value the first path that leads to it. */
function pathsByValue(answer: JsonValue): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  const open: { readonly value: JsonValue; readonly path: string; readonly depth: number }[] = [
    { value: answer, path: '', depth: 0 },
  ];
  for (const { value, path, depth } of open) {
    const own = telling(value);
    if (own !== null && !paths.has(own)) paths.set(own, path);
    if (depth === MAX_DEPTH || open.length >= MAX_VALUES) continue;
    for (const [step, inner] of inside(value)) {
      open.push({ value: inner, path: joined(path, step), depth: depth + 1 });
    }
  }
  return paths;
}

function inside(value: JsonValue): readonly (readonly [string, JsonValue])[] {
  if (Array.isArray(value)) {
    return value.map((item: JsonValue, index) => [`[${index}]`, item] as const);
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value).map(([name, inner]) => {
    return [/[.[\]"]/.test(name) ? `[${JSON.stringify(name)}]` : name, inner] as const;
  });
}

function joined(path: string, step: string): string {
  return path === '' || step.startsWith('[') ? `${path}${step}` : `${path}.${step}`;
}
