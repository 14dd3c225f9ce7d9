import type { JsonValue } from './json.ts';
import { isJsonObject } from './json.ts';

/** `items[0].name`, `0.name`, `["a.b"].c`; `null` where the text is no path. */
export function parsePath(path: string): readonly string[] | null {
  const keys: string[] = [];
  const token = /\.?(?:([^.[\]"]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\])/gy;
  while (token.lastIndex < path.length) {
    const at = token.lastIndex;
    const match = token.exec(path);
    if (match === null || (at === 0 && path.startsWith('.'))) return null;
    const quoted = match[3];
    keys.push(match[1] ?? match[2] ?? (JSON.parse(`"${quoted ?? ''}"`) as string));
  }
  return keys;
}

/** `path`, and from there on by `keys`. */
export function writePath(path: string, keys: readonly string[]): string {
  return keys.reduce((all, key) => {
    if (/^\d+$/.test(key)) return `${all}[${key}]`;
    if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${all}[${JSON.stringify(key)}]`;
    return all === '' ? key : `${all}.${key}`;
  }, path);
}

export type PathLookup =
  | { readonly found: true; readonly value: JsonValue }
  /** `at` is the part of the path that exists; `keys` is what is there instead. */
  | { readonly found: false; readonly at: string; readonly keys: readonly string[] };

export function valueAt(root: JsonValue, path: string): PathLookup {
  const keys = parsePath(path);
  if (keys === null) return { found: false, at: '', keys: keysOf(root) };
  let value = root;
  for (const [index, key] of keys.entries()) {
    const next: JsonValue | undefined = Array.isArray(value)
      ? (value as readonly JsonValue[])[Number(key)]
      : isJsonObject(value) && Object.hasOwn(value, key)
        ? value[key]
        : undefined;
    if (next === undefined) {
      return { found: false, at: keys.slice(0, index).join('.'), keys: keysOf(value) };
    }
    value = next;
  }
  return { found: true, value };
}

function keysOf(value: JsonValue): readonly string[] {
  if (Array.isArray(value)) return [`0 to ${value.length - 1}`];
  return isJsonObject(value) ? Object.keys(value).slice(0, 20) : [];
}
