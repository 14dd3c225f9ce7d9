import type { OutboundFetch } from '../../net/outbound.ts';
import { readFile } from 'node:fs/promises';
import { FAILURE } from '../../../common/failures.ts';
import { ServiceError } from '../../errors.ts';
import { findProviders } from '../find-providers.ts';
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
const LOCAL_TIMEOUT_MS = 290_000;

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
    return {
      id: `${row.name}/${given.name}`,
      provider: row.name,
      dialect: row.dialect,
      model: given.name,
      baseUrl,
      apiKeys,
      timeoutMs: row.timeoutMs ?? (row.dialect === 'ollama' ? LOCAL_TIMEOUT_MS : TIMEOUT_MS),
      facts: {
        contextTokens: given.contextTokens ?? facts.contextTokens,
        outputTokens: given.outputTokens ?? facts.outputTokens,
        can: given.can ?? facts.can,
        quality: given.quality ?? facts.quality,
      },
      price:
        given.price === undefined
          ? priceSource(row.dialect, baseUrl)
          : given.price === 'free'
            ? { kind: 'free' }
            : { kind: 'own', prices: given.price },
      equivalent: given.equivalent ?? null,
      batchOnly: given.batchOnly ?? false,
      limits: limited ? { requestsPerMinute, tokensPerMinute } : null,
    };
  });
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
