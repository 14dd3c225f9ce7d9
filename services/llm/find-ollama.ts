import type { OutboundFetch } from '../net/outbound.ts';
import { z } from 'zod';
import type { LlmProviderConfig } from './llm-provider-config.ts';

/** A server on this machine answers at once; one that does not must not hold up the start. */
const PROBE_TIMEOUT_MS = 1000;
/** A local model may read a long prompt for minutes; Node gives up waiting for headers at 300 s. */
const LOCAL_TIMEOUT_MS = 290_000;
const DEFAULT_HOST = '127.0.0.1:11434';
const MAX_MODELS_ASKED = 20;

const tags = z.object({ models: z.array(z.object({ name: z.string() })).nullish() });
const facts = z.object({ capabilities: z.array(z.string()).nullish() });

export type OllamaFound = { readonly config: LlmProviderConfig } | { readonly problem: string };

/**
 * Looks for an Ollama server and a model on it: the one named, else the newest that can call tools.
 *
 * @param options.host as in OLLAMA_HOST: host, host:port or URL; `null` is this machine.
 */
export async function findOllama(options: {
  readonly host: string | null;
  readonly model: string | null;
  readonly fetch: OutboundFetch;
}): Promise<OllamaFound> {
  const baseUrl = toUrl(options.host ?? DEFAULT_HOST);
  if (baseUrl === null) return { problem: `OLLAMA_HOST "${options.host}" is not an address` };
  let names: string[];
  try {
    const listed = tags.parse(await ask(options.fetch, `${baseUrl}/api/tags`));
    names = (listed.models ?? []).map(({ name }) => name);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { problem: `no Ollama answers at ${baseUrl} (${reason})` };
  }
  const model =
    options.model === null
      ? await firstWithTools(options.fetch, baseUrl, names)
      : names.find((name) => name === options.model || name === `${options.model}:latest`);
  if (model === undefined) {
    const have = names.length === 0 ? 'none' : names.join(', ');
    const wanted = options.model === null ? 'model that can call tools' : `model ${options.model}`;
    return { problem: `the Ollama at ${baseUrl} has no ${wanted} (it has: ${have})` };
  }
  const name = 'ollama';
  return {
    config: { name, dialect: name, model, apiKey: null, baseUrl, timeoutMs: LOCAL_TIMEOUT_MS },
  };
}

async function firstWithTools(
  fetch: OutboundFetch,
  baseUrl: string,
  names: readonly string[],
): Promise<string | undefined> {
  for (const name of names.slice(0, MAX_MODELS_ASKED)) {
    try {
      const shown = facts.parse(await ask(fetch, `${baseUrl}/api/show`, { model: name }));
      if (shown.capabilities?.includes('tools') === true) return name;
    } catch {
      // A model that cannot be described cannot be chosen either; the next one may.
    }
  }
  return undefined;
}

async function ask(fetch: OutboundFetch, url: string, body?: object): Promise<unknown> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
}

/** `0.0.0.0` is where a server listens, not where it is reached. */
function toUrl(host: string): string | null {
  const hasScheme = host.includes('://');
  const text = hasScheme ? host : `http://${host.startsWith(':') ? `127.0.0.1${host}` : host}`;
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.hostname === '0.0.0.0') url.hostname = '127.0.0.1';
  if (!hasScheme && url.port === '') url.port = '11434';
  return url.href.replace(/\/+$/, '');
}
