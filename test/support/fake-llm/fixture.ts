import { existsSync, readFileSync } from 'node:fs';
import type { JsonValue } from '../../../common/json.ts';
import type { Scripted } from './fake-llm-server.ts';

type Answer = Extract<Scripted, { kind: 'answer' }>;

function read(dialect: string, name: string): JsonValue | undefined {
  const file = new URL(`../../fixtures/${dialect}/${name}.json`, import.meta.url);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as JsonValue) : undefined;
}

/** A successful answer in the dialect's wire format. */
export function fixtureBody(dialect: string, name: string): JsonValue {
  const body = read(dialect, name);
  if (body === undefined) throw new Error(`There is no fixture ${dialect}/${name}.json.`);
  return body;
}

export function fixtureAnswer(dialect: string, name: string): Answer {
  return { kind: 'answer', status: 200, body: fixtureBody(dialect, name) };
}

export function hasFixture(dialect: string, name: string): boolean {
  return read(dialect, name) !== undefined;
}

/** `error-<name>.json` holds the status and the body as the vendor sends them. */
export function errorFixture(
  dialect: string,
  name: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const { status, body } = fixtureBody(dialect, `error-${name}`) as {
    readonly status: number;
    readonly body: JsonValue;
  };
  return { kind: 'answer', status, headers, body };
}
