import type { LlmRequest } from '../../../common/llm.ts';
import type { LlmGateway } from '../../../services/llm/gateway.ts';

/** Asks once; says when the first piece of the answer was there and when the last, ms. */
export type Ask = (
  stream: boolean,
) => Promise<{ readonly firstMs: number; readonly endMs: number }>;

const messages = [{ role: 'user', content: 'Say something.' }];
const request: LlmRequest = {
  role: 'worker',
  messages: [{ from: 'user', text: 'Say something.' }],
  tools: [],
  toolChoice: 'none',
  maxOutputTokens: 100,
  temperature: null,
};

/** Over HTTP: the provider itself, or our API in front of it. */
export function askOverHttp(url: string): Ask {
  return async (stream) => {
    const startedMs = performance.now();
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'local/m', messages, max_tokens: 100, stream }),
    });
    if (!response.ok) throw new Error(`${url} answered ${response.status}.`);
    let firstMs = 0;
    for await (const _chunk of response.body ?? []) firstMs ||= performance.now() - startedMs;
    return { firstMs, endMs: performance.now() - startedMs };
  };
}

export function askInProcess(gateway: LlmGateway): Ask {
  const { signal } = new AbortController();
  return async (stream) => {
    const startedMs = performance.now();
    let firstMs = 0;
    if (stream) {
      for await (const _event of gateway.stream(request, { signal })) {
        firstMs ||= performance.now() - startedMs;
      }
    } else await gateway.complete(request, { signal });
    const endMs = performance.now() - startedMs;
    return { firstMs: firstMs || endMs, endMs };
  };
}
