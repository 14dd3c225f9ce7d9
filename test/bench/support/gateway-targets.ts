import { Agent, request as send } from 'undici';
import type { LlmRequest } from '../../../common/llm.ts';
import type { LlmGateway } from '../../../services/llm/gateway.ts';

/** Asks once; says when the first piece of the answer was there and when the last, ms. */
export type Ask = (
  stream: boolean,
) => Promise<{ readonly firstMs: number; readonly endMs: number }>;

const messages = [{ role: 'user', content: 'Say something.' }];
const asked: LlmRequest = {
  role: 'worker',
  messages: [{ from: 'user', text: 'Say something.' }],
  tools: [],
  toolChoice: 'none',
  maxOutputTokens: 100,
  temperature: null,
};

/**
 * Over HTTP: the provider itself, or a gateway in front of it, all by one client. It is the lightest
 * there is, so that what is measured is the server.
 */
export function askOverHttp(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  model = 'local/m',
): Ask {
  const dispatcher = new Agent();
  const sent = { 'content-type': 'application/json', ...headers };
  return async (stream) => {
    const startedMs = performance.now();
    const body = JSON.stringify({ model, messages, max_tokens: 100, stream });
    const answer = await send(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: sent,
      body,
      dispatcher,
    });
    if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}.`);
    let firstMs = 0;
    if (stream) {
      for await (const _chunk of answer.body) firstMs ||= performance.now() - startedMs;
    } else await answer.body.json();
    const endMs = performance.now() - startedMs;
    return { firstMs: firstMs || endMs, endMs };
  };
}

export function askInProcess(gateway: LlmGateway): Ask {
  const { signal } = new AbortController();
  return async (stream) => {
    const startedMs = performance.now();
    let firstMs = 0;
    if (stream) {
      for await (const _event of gateway.stream(asked, { signal })) {
        firstMs ||= performance.now() - startedMs;
      }
    } else await gateway.complete(asked, { signal });
    const endMs = performance.now() - startedMs;
    return { firstMs: firstMs || endMs, endMs };
  };
}
