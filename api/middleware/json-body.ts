import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpError } from '../http-error.ts';
import { plainHook } from './plain-hook.ts';

/** Deeper than anything people write, far from what overflows a stack. */
const MAX_DEPTH = 64;
/** Keys and items of a body, roughly; a megabyte of `[[],[],…` has half a million. */
const MAX_VALUES = 100_000;
const LINES_TYPE = 'application/x-ndjson';
const JSON_TYPE = /^application\/json(?: ?; ?charset="?utf-8"?)?$/i;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route takes instead of JSON; its body is then the stream itself. */
    readonly bodyType?: 'application/x-ndjson';
  }
}

/**
 * JSON is the only body this API takes, but for routes that say otherwise. The header is compared as a whole: a server that skips
 * over a stray tab in it may skip the body's schema as well.
 */
export function acceptJsonOnly(api: FastifyInstance): void {
  api.removeAllContentTypeParsers();
  api.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(String(body)));
    } catch (error) {
      done(error as Error);
    }
  });
  api.addContentTypeParser(LINES_TYPE, (_request, body, done) => done(null, body));
  api.addHook('onRequest', plainHook(refuseOtherBodies));
}

function refuseOtherBodies(request: FastifyRequest): void {
  const { headers } = request;
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  const type = headers['content-type'];
  const wanted = request.routeOptions.config.bodyType ?? 'application/json';
  const fits = (given: string): boolean =>
    wanted === LINES_TYPE ? given === LINES_TYPE : JSON_TYPE.test(given);
  if ((hasBody && type === undefined) || (type !== undefined && !fits(type))) {
    const received = type === undefined ? 'none' : JSON.stringify(type.slice(0, 100));
    throw new HttpError(
      415,
      'UnsupportedMediaType',
      `Send the body as "content-type: ${wanted}" (received ${received}).`,
    );
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new HttpError(
      415,
      'UnsupportedMediaType',
      `Send the body as it is: content-encoding ${JSON.stringify(encoding.slice(0, 100))} is not taken.`,
    );
  }
}

/** @throws HttpError 400 for bad syntax, too much nesting and keys that reach for a prototype. */
export function parseJsonBody(text: string): unknown {
  if (text === '') return undefined;
  refuseDeep(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new HttpError(400, 'BadInput', `The body is not JSON: ${(error as Error).message}`);
  }
  refusePrototypeKeys(value);
  return value;
}

const CODE = {
  quote: 0x22,
  comma: 0x2c,
  bracket: 0x5b,
  backslash: 0x5c,
  bracketEnd: 0x5d,
  brace: 0x7b,
  braceEnd: 0x7d,
} as const;

/** Before parsing, so that nothing recurses into what a stranger nested. */
function refuseDeep(text: string): void {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === CODE.quote) at = endOfString(text, at);
    else if (code === CODE.brace || code === CODE.bracket) depth += 1;
    else if (code === CODE.braceEnd || code === CODE.bracketEnd) depth -= 1;
    else if (code === CODE.comma) values += 1;
    if (depth > MAX_DEPTH) {
      throw new HttpError(400, 'BadInput', `The body nests deeper than ${MAX_DEPTH} levels.`);
    }
  }
  if (values > MAX_VALUES) {
    throw new HttpError(400, 'BadInput', `The body holds more than ${MAX_VALUES} values.`);
  }
}

/** Where the closing quote stands: looked for, not walked to, since prompts are long. */
function endOfString(text: string, opening: number): number {
  for (let at = text.indexOf('"', opening + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === CODE.backslash) backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}

function refusePrototypeKeys(root: unknown): void {
  const toVisit: unknown[] = [root];
  while (toVisit.length > 0) {
    const value = toVisit.pop();
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, held] of Object.entries(value)) {
      refuseKey(key, held);
      toVisit.push(held);
    }
  }
}

function refuseKey(key: string, held: unknown): void {
  const reaches =
    key === '__proto__' ||
    (key === 'constructor' &&
      typeof held === 'object' &&
      held !== null &&
      Object.hasOwn(held, 'prototype'));
  if (reaches) throw new HttpError(400, 'BadInput', `The body has the key "${key}": remove it.`);
}
