import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** A usage object as a provider sent it, and how many tokens of each kind the price list reads in it. */
export interface UsageCase {
  readonly provider: 'openai' | 'anthropic' | 'google';
  readonly model: string;
  readonly usage: unknown;
  readonly counts: Readonly<Record<string, number>>;
}

const OWN = join(import.meta.dirname, '..', '..', 'fixtures', 'usage', 'cases.json');
/** Which of the list's readers is for the wire format that a dialect of ours speaks. */
const FLAVOURS: Readonly<Record<string, UsageCase['provider']>> = {
  'openai/chat': 'openai',
  'anthropic/default': 'anthropic',
  'google/default': 'google',
};

const ownShape = z.array(
  z.object({
    provider: z.enum(['openai', 'anthropic', 'google']),
    model: z.string(),
    usage: z.unknown(),
    counts: z.record(z.string(), z.number()),
  }),
);
const listShape = z.array(
  z.object({
    model: z.string().nullish(),
    body: z.looseObject({ usage: z.unknown().optional(), usageMetadata: z.unknown().optional() }),
    extracted: z.array(
      z.object({
        usage: z.record(z.string(), z.number()),
        extractors: z.array(
          z.object({
            provider_id: z.string(),
            api_flavor: z.string(),
            input_price: z.string().optional(),
          }),
        ),
      }),
    ),
  }),
);

/**
 * The recorded usage objects of the project, and all of the price list's own data set where it lies
 * in the data folder as `usage/usages.json`.
 */
export async function usageCases(dataDir: string | null): Promise<readonly UsageCase[]> {
  const own = ownShape.parse(JSON.parse(await readFile(OWN, 'utf8')));
  const path = dataDir === null ? null : join(dataDir, 'usage', 'usages.json');
  if (path === null || !existsSync(path)) return own;
  return [...own, ...fromList(listShape.parse(JSON.parse(await readFile(path, 'utf8'))))];
}

function fromList(rows: z.infer<typeof listShape>): readonly UsageCase[] {
  return rows.flatMap(({ model, body, extracted }) =>
    extracted.flatMap(({ usage: counts, extractors }) =>
      extractors.flatMap(({ provider_id, api_flavor, input_price }) => {
        const provider = FLAVOURS[`${provider_id}/${api_flavor}`];
        if (provider === undefined || input_price === undefined || !model) return [];
        return [{ provider, model, usage: body.usage ?? body.usageMetadata, counts }];
      }),
    ),
  );
}
