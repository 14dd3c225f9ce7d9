import { isMap, isSeq, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { FAILURE } from '../../../common/failures.ts';
import { ServiceError } from '../../errors.ts';
import { CAPABILITIES } from './model-facts.ts';
import { PRESETS } from './preset.ts';

const positive = z.number().positive();
const count = z.number().int().positive();
const share = z.number().min(0).max(1);
const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, 'takes letters, digits, ".", "_", "-"');

const prices = z.strictObject({
  inputPerMillion: z.number().min(0),
  outputPerMillion: z.number().min(0),
  cacheReadPerMillion: z.number().min(0).optional(),
  cacheWritePerMillion: z.number().min(0).optional(),
});

const model = z.union([
  z.string().min(1),
  z.strictObject({
    name: z.string().min(1),
    contextTokens: count.optional(),
    outputTokens: count.optional(),
    can: z.array(z.enum(CAPABILITIES)).optional(),
    quality: share.optional(),
    /** Models with one word here stand for each other without loss. */
    equivalent: z.string().min(1).optional(),
    /** Serves the runs of batches alone, at the price given here. */
    batchOnly: z.boolean().optional(),
    /** @default `flex` for `batchOnly` where the vendor sells it, else `standard` */
    serviceTier: z.enum(['standard', 'flex']).optional(),
    /**
     * `free`: runs on a machine of your own. `listShare`: of the public list's price, as 0.5 for half.
     * Without it the public price list is asked, which knows the usual tier of service alone.
     */
    price: z
      .union([z.literal('free'), prices, z.strictObject({ listShare: share.gt(0) })])
      .optional(),
  }),
]);

const provider = z.strictObject({
  name,
  dialect: z.enum(['openai', 'openai-responses', 'anthropic', 'google', 'ollama']),
  baseUrl: z.url().optional(),
  /** `${NAME}` stands for a variable of the environment. */
  keys: z.array(z.string().min(1)).max(20).default([]),
  timeoutMs: positive.max(3_600_000).optional(),
  requestsPerMinute: count.optional(),
  tokensPerMinute: count.optional(),
  models: z.array(model).min(1).max(100),
});

const role = z.strictObject({
  preset: z.enum(PRESETS).optional(),
  /** By route id or model name. */
  quality: z.record(z.string(), share).optional(),
});

const file = z.strictObject({
  providers: z.array(provider).min(1).max(100),
  routing: z
    .strictObject({
      preset: z.enum(PRESETS).default('configured'),
      roles: z.record(z.enum(['planner', 'worker', 'judge']), role.optional()).optional(),
      /** Which routes a tenant may use. */
      tenants: z
        .record(z.string(), z.strictObject({ allow: z.array(z.string()).min(1) }))
        .optional(),
    })
    .default({ preset: 'configured' }),
});

export type ProvidersFile = z.output<typeof file>;
export type ProviderRow = ProvidersFile['providers'][number];
export type RoutingRules = ProvidersFile['routing'];

const MAX_PROBLEMS = 10;

/**
 * Reads a providers file: YAML or JSON.
 *
 * @throws ServiceError (BadInput) naming every line and field that is wrong.
 */
export function parseProvidersFile(text: string, path: string): ProvidersFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw bad(path, [`line ${line}, column ${col}: ${broken.message}`]);
  }
  const parsed = file.safeParse(document.toJS());
  if (!parsed.success) {
    throw bad(
      path,
      parsed.error.issues.map((issue) => {
        const where = issue.path.map(String).join('.') || 'the file';
        return `line ${lineOf(document, issue.path, lines)}, ${where}: ${issue.message}`;
      }),
    );
  }
  const names = parsed.data.providers.map((row) => row.name);
  const twice = names.find((one, at) => names.indexOf(one) !== at);
  if (twice !== undefined) throw bad(path, [`two providers are named "${twice}"`]);
  return parsed.data;
}

/** The line of the deepest part of the path that is there. */
function lineOf(
  document: ReturnType<typeof parseDocument>,
  path: readonly PropertyKey[],
  lines: LineCounter,
): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    const range = isMap(node) || isSeq(node) ? node.range : (node as { range?: number[] })?.range;
    if (range?.[0] !== undefined) return lines.linePos(range[0]).line;
  }
  return 1;
}

function bad(path: string, problems: readonly string[]): ServiceError {
  const shown = problems.slice(0, MAX_PROBLEMS).join('; ');
  const more = problems.length > MAX_PROBLEMS ? `; and ${problems.length - MAX_PROBLEMS} more` : '';
  return new ServiceError(
    FAILURE.badInput,
    `The providers file ${path} is wrong. ${shown}${more}. docs/models.md shows one.`,
  );
}
