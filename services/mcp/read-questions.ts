import { z } from 'zod';
import type { JsonObject } from '../../common/json.ts';
import type { ToolQuestion } from '../../common/tool-question.ts';

/** More than a person would look at is not asked. */
const MAX_QUESTIONS = 10;
const MAX_MESSAGE_CHARS = 4_000;
const MAX_SCHEMA_CHARS = 16_384;
const MAX_NAME_CHARS = 200;
const MAX_URL_CHARS = 2_048;

/** What a server asks cannot be put to a person. */
export class BadQuestion extends Error {}

export const NOBODY =
  'nobody can be asked here. Call it in a run, whose policy has "onQuestion" at "ask"';

const choice = z.looseObject({ const: z.string(), title: z.string().optional() });
const text = { title: z.string().optional(), description: z.string().optional() };
const property = z.union([
  z.looseObject({ ...text, type: z.literal('string'), enum: z.array(z.string()) }),
  z.looseObject({ ...text, type: z.literal('string'), oneOf: z.array(choice) }),
  z.looseObject({ ...text, type: z.enum(['string', 'number', 'integer', 'boolean']) }),
  z.looseObject({
    ...text,
    type: z.literal('array'),
    items: z.union([
      z.looseObject({ enum: z.array(z.string()) }),
      z.looseObject({ anyOf: z.array(choice) }),
    ]),
  }),
]);
const form = z.looseObject({
  mode: z.literal('form').optional(),
  message: z.string(),
  requestedSchema: z.looseObject({
    type: z.literal('object'),
    properties: z.record(z.string(), property),
    required: z.array(z.string()).optional(),
  }),
});
const link = z.looseObject({
  mode: z.literal('url'),
  message: z.string(),
  url: z.url({ protocol: /^https?$/ }).max(MAX_URL_CHARS),
});
const request = z.looseObject({ method: z.string(), params: z.unknown() });

/**
 * The questions of an `input_required` result, by their names.
 *
 * @throws BadQuestion
 */
export function readQuestions(requests: Readonly<Record<string, unknown>>): ToolQuestion[] {
  const entries = Object.entries(requests);
  if (entries.length > MAX_QUESTIONS) {
    throw new BadQuestion(
      `it asks ${entries.length} questions at once; ${MAX_QUESTIONS} are shown`,
    );
  }
  return entries.map(([name, given]) => {
    const { success, data } = request.safeParse(given);
    const method = success ? data.method : 'something unreadable';
    if (method === 'elicitation/create') return readQuestion(name, data?.params);
    throw new BadQuestion(`it asks for "${method.slice(0, 80)}", and only people are asked here`);
  });
}

/**
 * One question.
 *
 * @param params of `elicitation/create`
 * @throws BadQuestion
 */
export function readQuestion(name: string, params: unknown): ToolQuestion {
  if (name.length > MAX_NAME_CHARS) throw new BadQuestion('the name of its question is too long');
  const isLink = z.looseObject({ mode: z.literal('url') }).safeParse(params).success;
  const read = isLink ? link.safeParse(params) : form.safeParse(params);
  if (!read.success) {
    throw new BadQuestion(`its question "${name}" is none: ${z.prettifyError(read.error)}`);
  }
  const { message } = read.data;
  if (message.length > MAX_MESSAGE_CHARS) {
    throw new BadQuestion(
      `its question has ${message.length} characters; ${MAX_MESSAGE_CHARS} are shown`,
    );
  }
  if ('url' in read.data) return { name, mode: 'url', message, url: read.data.url as string };
  const schema = read.data['requestedSchema'] as JsonObject;
  const chars = JSON.stringify(schema).length;
  if (chars <= MAX_SCHEMA_CHARS) return { name, mode: 'form', message, schema };
  throw new BadQuestion(`its form has ${chars} characters; ${MAX_SCHEMA_CHARS} are shown`);
}
