import type { OutboundFetch } from '../../net/outbound.ts';
import { readFile } from 'node:fs/promises';
import { FAILURE } from '../../../common/failures.ts';
import { ServiceError } from '../../errors.ts';
import { findProviders } from '../find-providers.ts';
import type { ServiceTier } from '../llm-provider-config.ts';
import type { PriceSource } from '../price-of-usage.ts';
import { modelFacts } from './model-facts.ts';
import type { ProviderRow, RoutingRules } from './parse-providers-file.ts';
import { parseProvidersFile } from './parse-providers-file.ts';
import type { Preset } from './preset.ts';
import { PRESETS } from './preset.ts';
import { priceSource } from './price-source.ts';
import type { Route } from './route.ts';
import { routeOfConfig } from './route-of-config.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface Routing {
  readonly routes: readonly Route[];
  readonly rules: RoutingRules;
}

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
const TIMEOUT_MS = 120_000;
/** Models on a machine of one's own, and tiers of service that let calls wait. */
const SLOW_TIMEOUT_MS = 290_000;
/** Whose formats have a field for the tier. */
const TIERED: readonly string[] = ['openai', 'openai-responses', 'google'];

/**
 * What calls can be sent to, in the operator's order: of the file that OSTINATO_PROVIDERS_FILE names,
 * else of the providers that the environment sets up. OSTINATO_ROUTING sets the preset.
 *
 * @throws ServiceError (BadInput) naming the variable, or the file and its line.
 */
export async function findRoutes(
  env: Env,
  deps: { readonly fetch: OutboundFetch },
): Promise<Routing> {
  const preset = presetOf(env);
  const path = env['OSTINATO_PROVIDERS_FILE']?.trim();
  if (path === undefined || path === '') {
    const routes = (await findProviders(env, deps)).map(routeOfConfig);
    return { routes, rules: { preset: preset ?? 'configured' } };
  }
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code;
    throw new ServiceError(
      FAILURE.badInput,
      `OSTINATO_PROVIDERS_FILE names ${path}, which cannot be read (${code}).`,
      { cause: error },
    );
  });
  const { providers, routing } = parseProvidersFile(text, path);
  const routes = providers.flatMap((row) => fromRow(row, env, path));
  return { routes, rules: preset === null ? routing : { ...routing, preset } };
}

function presetOf(env: Env): Preset | null {
  const given = env['OSTINATO_ROUTING']?.trim();
  if (given === undefined || given === '') return null;
  const preset = PRESETS.find((one) => one === given);
  if (preset !== undefined) return preset;
  throw new ServiceError(
    FAILURE.badInput,
    `OSTINATO_ROUTING is "${given}"; it takes ${PRESETS.join(', ')}.`,
  );
}

function fromRow(row: ProviderRow, env: Env, path: string): readonly Route[] {
  const apiKeys = row.keys.map((key, at) => expand(key, env, `${row.name}.keys[${at}]`, path));
  const { requestsPerMinute = null, tokensPerMinute = null } = row;
  const limited = requestsPerMinute !== null || tokensPerMinute !== null;
  const baseUrl = row.baseUrl ?? null;
  return row.models.map((entry) => {
    const given = typeof entry === 'string' ? { name: entry } : entry;
    const facts = modelFacts(given.name);
    const serviceTier = tierOf(row, given, path);
    const usualMs = row.dialect === 'ollama' || serviceTier !== null ? SLOW_TIMEOUT_MS : TIMEOUT_MS;
    return {
      id: `${row.name}/${given.name}`,
      provider: row.name,
      dialect: row.dialect,
      model: given.name,
      baseUrl,
      apiKeys,
      timeoutMs: row.timeoutMs ?? usualMs,
      facts: {
        contextTokens: given.contextTokens ?? facts.contextTokens,
        outputTokens: given.outputTokens ?? facts.outputTokens,
        can: given.can ?? facts.can,
        quality: given.quality ?? facts.quality,
      },
      price: priceOf(given.price, priceSource(row.dialect, baseUrl), serviceTier),
      equivalent: given.equivalent ?? null,
      batchOnly: given.batchOnly ?? false,
      serviceTier,
      limits: limited ? { requestsPerMinute, tokensPerMinute } : null,
    };
  });
}

type ModelRow = Exclude<ProviderRow['models'][number], string>;

function tierOf({ name, dialect, baseUrl }: ProviderRow, given: ModelRow, path: string) {
  const { serviceTier, batchOnly } = given;
  if (serviceTier === 'flex' && !TIERED.includes(dialect)) {
    throw new ServiceError(
      FAILURE.badInput,
      `The providers file ${path} asks for serviceTier "flex" of ${name}/${given.name}, and the dialect "${dialect}" has none. Leave it out, or choose ${TIERED.join(', ')}.`,
    );
  }
  const isSold = TIERED.includes(dialect) && priceSource(dialect, baseUrl ?? null).kind === 'list';
  const usual = batchOnly === true && isSold ? 'flex' : 'standard';
  return (serviceTier ?? usual) === 'flex' ? 'flex' : null;
}

function priceOf(
  given: ModelRow['price'],
  list: PriceSource,
  tier: ServiceTier | null,
): PriceSource {
  // The public list does not know what a tier costs.
  if (given === undefined) return tier === null ? list : { kind: 'unknown' };
  if (given === 'free') return { kind: 'free' };
  if ('listShare' in given)
    return list.kind === 'list' ? { ...list, share: given.listShare } : list;
  return { kind: 'own', prices: given };
}

function expand(text: string, env: Env, field: string, path: string): string {
  return text.replace(REFERENCE, (_whole, name: string) => {
    const value = env[name]?.trim();
    if (value !== undefined && value !== '') return value;
    throw new ServiceError(
      FAILURE.badInput,
      `The providers file ${path} wants the environment variable ${name} (in ${field}), and it is not set.`,
    );
  });
}
