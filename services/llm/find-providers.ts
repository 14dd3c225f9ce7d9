import type { OutboundFetch } from '../net/outbound.ts';
import { FAILURE } from '../../common/failures.ts';
import { ServiceError } from '../errors.ts';
import { openAiServer } from './dialects/openai/server.ts';
import { findOllama } from './find-ollama.ts';
import type { LlmDialectName, LlmProviderConfig } from './llm-provider-config.ts';

type Env = Readonly<Record<string, string | undefined>>;

const CLOUD_TIMEOUT_MS = 120_000;

interface CloudProvider {
  readonly name: 'openai' | 'anthropic' | 'google';
  /** What the vendor's own server is asked by. */
  readonly dialect: LlmDialectName;
  readonly keys: readonly string[];
  readonly baseUrl: string;
  readonly model: string;
}

const CLOUD: readonly CloudProvider[] = [
  {
    name: 'openai',
    // Chat Completions would drop a reasoning model's thoughts between calls of tools.
    dialect: 'openai-responses',
    keys: ['OPENAI_API_KEY'],
    baseUrl: 'OPENAI_BASE_URL',
    model: 'gpt-5.4-mini',
  },
  {
    name: 'anthropic',
    dialect: 'anthropic',
    keys: ['ANTHROPIC_API_KEY'],
    baseUrl: 'ANTHROPIC_BASE_URL',
    model: 'claude-sonnet-5',
  },
  {
    name: 'google',
    dialect: 'google',
    keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    baseUrl: 'GOOGLE_GEMINI_BASE_URL',
    model: 'gemini-3.8-flash',
  },
];

const CHOICES = [...CLOUD.map(({ name }) => name), 'ollama', 'offline'];

/**
 * The providers that this machine can use, the chosen one first.
 *
 * A cloud provider counts when its key is set, `openai` also with OPENAI_BASE_URL alone (a compatible
 * server without keys). OpenAI itself is asked by its Responses API, a compatible server by Chat
 * Completions. Ollama counts when it answers and holds a model that can call tools.
 * OSTINATO_PROVIDER chooses one of them, or `offline` for none; OSTINATO_MODEL is the chosen one's
 * model. Without a choice the order is openai, anthropic, google, ollama.
 *
 * @throws ServiceError (BadInput) where OSTINATO_PROVIDER names something unknown or not set up.
 */
export async function findProviders(
  env: Env,
  deps: { readonly fetch: OutboundFetch },
): Promise<LlmProviderConfig[]> {
  const choice = given(env, 'OSTINATO_PROVIDER')?.toLowerCase() ?? null;
  if (choice !== null && !CHOICES.includes(choice)) {
    throw badChoice(choice, `it takes ${CHOICES.join(', ')}`);
  }
  if (choice === 'offline') return [];
  const model = given(env, 'OSTINATO_MODEL');
  const cloud = CLOUD.flatMap((provider) => toConfig(provider, env) ?? []);
  const chosenModel = choice === 'ollama' || cloud.length === 0 ? model : null;
  const ollama = await findOllama({
    host: given(env, 'OLLAMA_HOST'),
    model: chosenModel,
    fetch: deps.fetch,
  });
  const found = 'config' in ollama ? [...cloud, ollama.config] : cloud;
  const first = choice === null ? found[0] : found.find(({ name }) => name === choice);
  if (first === undefined) {
    if (choice === null) return [];
    const missing = CLOUD.find(({ name }) => name === choice)?.keys[0];
    throw badChoice(
      choice,
      missing !== undefined
        ? `${missing} is not set`
        : 'problem' in ollama
          ? ollama.problem
          : 'it is not there',
    );
  }
  // Ollama's is already looked up there, with its tag.
  const chosen = model === null || first.dialect === 'ollama' ? first : { ...first, model };
  return [chosen, ...found.filter((config) => config !== first)];
}

function toConfig(provider: CloudProvider, env: Env): LlmProviderConfig | null {
  const { name, model } = provider;
  const apiKey = provider.keys.map((name) => given(env, name)).find((key) => key !== null) ?? null;
  const baseUrl = given(env, provider.baseUrl);
  if (apiKey === null && (name !== 'openai' || baseUrl === null)) return null;
  // Servers that are compatible with OpenAI speak Chat Completions, and seldom the Responses API.
  const isCompatible = name === 'openai' && !openAiServer({ baseUrl, apiKey }).isVendor;
  const dialect = isCompatible ? 'openai' : provider.dialect;
  return { name, dialect, model, apiKey, baseUrl, timeoutMs: CLOUD_TIMEOUT_MS };
}

/** Empty counts as absent. */
function given(env: Env, name: string): string | null {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? null : value;
}

function badChoice(choice: string, problem: string): ServiceError {
  return new ServiceError(
    FAILURE.badInput,
    `OSTINATO_PROVIDER is "${choice}", but ${problem}. Set it up, or leave OSTINATO_PROVIDER out.`,
  );
}
