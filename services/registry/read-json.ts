import type { JsonValue } from '../../common/json.ts';

/** Line and column count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface JsonProblem extends Place {
  readonly message: string;
}

export type JsonReading =
  | {
      readonly value: JsonValue;
      /** Where the field with that path (`mcpServers.files.args[0]`) is written; its name, if it has one. */
      readonly placeOf: (path: readonly (string | number)[]) => Place;
    }
  | { readonly problem: JsonProblem };

const MAX_DEPTH = 64;

/**
 * Strict JSON with the places of all fields, for files that people edit. `JSON.parse` says neither
 * where a field is nor, for many errors, where the error is, and lets the last of two equal keys win.
 */
export function readJson(text: string): JsonReading {
  const reader = new Reader(text.replace(/^\uFEFF/, ''));
  try {
    const value = reader.document();
    return { value, placeOf: (path) => reader.placeOf(path) };
  } catch (error) {
    if (error instanceof Problem) return { problem: { message: error.message, ...error.place } };
    throw error;
  }
}

class Problem extends Error {
  readonly place: Place;
  constructor(message: string, place: Place) {
    super(message);
    this.place = place;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;
  readonly #places = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonValue {
    this.#skipSpace();
    const value = this.#value([]);
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail(`${this.#found()} after the end of the value`);
    return value;
  }

  placeOf(path: readonly (string | number)[]): Place {
    for (let length = path.length; length >= 0; length -= 1) {
      const at = this.#places.get(JSON.stringify(path.slice(0, length)));
      if (at !== undefined) return this.#place(at);
    }
    return this.#place(0);
  }

  #value(path: readonly (string | number)[]): JsonValue {
    const key = JSON.stringify(path);
    if (!this.#places.has(key)) this.#places.set(key, this.#at);
    if (path.length > MAX_DEPTH) this.#fail(`nested deeper than ${MAX_DEPTH} levels`);
    const first = this.#text[this.#at];
    if (first === '{') return this.#object(path);
    if (first === '[') return this.#array(path);
    if (first === '"') return this.#string();
    return this.#word();
  }

  #object(path: readonly (string | number)[]): JsonValue {
    const fields = new Map<string, JsonValue>();
    this.#list('}', () => {
      const at = this.#at;
      if (this.#text[at] !== '"')
        this.#fail(`expected a name in double quotes, found ${this.#found()}`);
      const name = this.#string();
      if (fields.has(name)) this.#fail(`${JSON.stringify(name)} is there twice`, at);
      const inside = [...path, name];
      this.#places.set(JSON.stringify(inside), at);
      this.#skipSpace();
      if (this.#text[this.#at] !== ':') {
        this.#fail(`expected ":" after ${JSON.stringify(name)}, found ${this.#found()}`);
      }
      this.#at += 1;
      this.#skipSpace();
      fields.set(name, this.#value(inside));
    });
    return Object.fromEntries(fields);
  }

  #array(path: readonly (string | number)[]): JsonValue {
    const items: JsonValue[] = [];
    this.#list(']', () => {
      items.push(this.#value([...path, items.length]));
    });
    return items;
  }

  #list(end: '}' | ']', item: () => void): void {
    this.#at += 1;
    this.#skipSpace();
    if (this.#text[this.#at] === end) {
      this.#at += 1;
      return;
    }
    for (;;) {
      item();
      this.#skipSpace();
      const next = this.#text[this.#at];
      if (next === end) {
        this.#at += 1;
        return;
      }
      if (next !== ',') this.#fail(`expected "," or "${end}", found ${this.#found()}`);
      const comma = this.#at;
      this.#at += 1;
      this.#skipSpace();
      if (this.#text[this.#at] === end) this.#fail(`a comma before "${end}" is not allowed`, comma);
    }
  }

  #string(): string {
    const start = this.#at;
    const match = this.#match(/"(?:[^"\\\u0000-\u001F]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    if (match !== null) return JSON.parse(match) as string;
    // Up to where the text stops being a string.
    const good = this.#match(/"(?:[^"\\\u0000-\u001F]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y) ?? '';
    const bad = this.#text[start + good.length];
    if (bad === '\\') this.#fail('a backslash in text is written "\\\\"');
    if (bad === undefined || bad === '\n' || bad === '\r') {
      this.#fail('text without its closing double quote', start);
    }
    return this.#fail('a control character in text must be escaped, a tab as "\\t"');
  }

  #word(): JsonValue {
    const word = this.#match(
      /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y,
      /[\w.+-]/,
    );
    if (word === null) return this.#fail(`expected a value, found ${this.#found()}`);
    return JSON.parse(word) as JsonValue;
  }

  /** Moves past what matches here, unless `notBefore` follows it. */
  #match(pattern: RegExp, notBefore?: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0];
    if (text === undefined) return null;
    if (notBefore?.test(this.#text[this.#at + text.length] ?? '') === true) return null;
    this.#at += text.length;
    return text;
  }

  #skipSpace(): void {
    this.#match(/[ \t\r\n]+/y);
    if (/^\/[/*]/.test(this.#text.slice(this.#at, this.#at + 2))) {
      this.#fail('JSON has no comments; remove this one');
    }
  }

  #found(): string {
    const word = /^[\w.+-]{1,30}/.exec(this.#text.slice(this.#at, this.#at + 30))?.[0];
    const character = this.#text.slice(this.#at, this.#at + 1);
    return character === '' ? 'the end of the file' : JSON.stringify(word ?? character);
  }

  #fail(message: string, at = this.#at): never {
    throw new Problem(message, this.#place(at));
  }

  #place(at: number): Place {
    const before = this.#text.slice(0, at).split('\n');
    return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
  }
}
