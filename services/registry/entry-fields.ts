import type { JsonObject, JsonValue } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';
import type { FieldProblem } from './field-problem.ts';

export type EntryFields = ReturnType<typeof createFields>;

/** Reads fields by type; one that is wrong is reported and takes its default. */
export function createFields(entry: JsonObject, path: readonly string[], problems: FieldProblem[]) {
  const fail = (name: string | null, message: string, ...inside: (string | number)[]) => {
    problems.push({ path: name === null ? path : [...path, name, ...inside], message });
  };
  const wrong = (
    name: string,
    value: JsonValue,
    wanted: string,
    ...inside: (string | number)[]
  ) => {
    fail(name, `is ${brief(value)}; it must be ${wanted}`, ...inside);
  };
  const required = (name: string): string | null => {
    const value = entry[name] ?? null;
    if (typeof value === 'string') return value;
    wrong(name, value, 'text');
    return null;
  };
  return {
    fail,
    required,
    text: (name: string) => ((entry[name] ?? null) === null ? null : required(name)),
    boolean(name: string, otherwise: boolean): boolean {
      const value = entry[name] ?? otherwise;
      if (typeof value === 'boolean') return value;
      wrong(name, value, 'true or false');
      return otherwise;
    },
    number(name: string, otherwise: number): number {
      const value = entry[name] ?? otherwise;
      if (typeof value === 'number') return value;
      wrong(name, value, 'a number of milliseconds');
      return otherwise;
    },
    oneOf<Value extends string>(name: string, values: readonly Value[], otherwise: Value): Value {
      const value = entry[name] ?? otherwise;
      const found = values.find((one) => one === value);
      if (found === undefined) wrong(name, value, `one of ${values.join(', ')}`);
      return found ?? otherwise;
    },
    list(name: string): string[] {
      const value = entry[name] ?? [];
      if (!Array.isArray(value)) {
        wrong(name, value, 'a list of texts');
        return [];
      }
      return (value as readonly JsonValue[]).flatMap((item, index) => {
        if (typeof item === 'string') return [item];
        wrong(name, item, `text: write ${JSON.stringify(String(item))}`, index);
        return [];
      });
    },
    texts(name: string): Record<string, string> {
      const value = entry[name] ?? {};
      if (!isJsonObject(value)) {
        wrong(name, value, 'an object whose values are texts');
        return {};
      }
      const texts = Object.entries(value).flatMap(([key, held]): [string, string][] => {
        if (typeof held === 'string') return [[key, held]];
        wrong(name, held, 'text', key);
        return [];
      });
      return Object.fromEntries(texts);
    },
  };
}

function brief(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
