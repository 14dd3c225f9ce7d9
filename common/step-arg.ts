import type { JsonObject, JsonValue } from './json.ts';
import { isJsonObject } from './json.ts';
import type { OutputRef, StepArg, StepId } from './plan.ts';

const REFERENCE = /\$\$\{|\$\{\s*([A-Za-z][A-Za-z0-9_-]{0,63})((?:\.[^{}]*|\[[^{}]*)?)\s*\}/g;

/**
 * Reads one written argument (see `WrittenPlan`).
 * Text in `${…}` that has not the form of a reference is left as it is: shell text is common.
 */
export function parseStepArg(written: JsonValue): StepArg {
  if (typeof written === 'string') return parseText(written);
  if (Array.isArray(written)) {
    const items = written.map(parseStepArg);
    return items.every(isLiteral)
      ? { kind: 'literal', value: unescapeAll(written) }
      : { kind: 'list', items };
  }
  if (isJsonObject(written)) {
    const fields = parseStepArgs(written);
    return Object.values(fields).every(isLiteral)
      ? { kind: 'literal', value: unescapeAll(written) }
      : { kind: 'object', fields };
  }
  return { kind: 'literal', value: written };
}

export function parseStepArgs(written: JsonObject): Record<string, StepArg> {
  return Object.fromEntries(
    Object.entries(written).map(([name, value]) => [name, parseStepArg(value)]),
  );
}

/** Every reference inside an argument, in reading order. */
export function referencesIn(arg: StepArg): readonly OutputRef[] {
  switch (arg.kind) {
    case 'literal':
      return [];
    case 'output':
      return [arg];
    case 'template':
      return arg.parts.filter((part) => typeof part !== 'string');
    case 'list':
      return arg.items.flatMap(referencesIn);
    case 'object':
      return Object.values(arg.fields).flatMap(referencesIn);
  }
}

function isLiteral(arg: StepArg): boolean {
  return arg.kind === 'literal';
}

function parseText(text: string): StepArg {
  const parts: (string | OutputRef)[] = [];
  let plain = '';
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    plain += text.slice(end, match.index);
    end = match.index + match[0].length;
    if (match[1] === undefined) {
      plain += '${';
      continue;
    }
    if (plain !== '') parts.push(plain);
    plain = '';
    const path = (match[2] ?? '').trim().replace(/^\./, '');
    parts.push({ kind: 'output', step: match[1] as StepId, path });
  }
  plain += text.slice(end);
  if (plain !== '') parts.push(plain);
  const [first] = parts;
  if (parts.every((part) => typeof part === 'string')) return { kind: 'literal', value: plain };
  if (parts.length === 1 && first !== undefined && typeof first !== 'string') return first;
  return { kind: 'template', parts };
}

function unescapeAll(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.replaceAll('$${', '${');
  if (Array.isArray(value)) return value.map(unescapeAll);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, unescapeAll(held)]));
}
