// Proves which number of a provider's refusal is taken for the model's window, and that none is
// where the refusal names another.
import { expect, it } from 'vitest';
import { windowSaid } from '../../../services/llm/window-said.ts';

it.each([
  [
    "This model's maximum context length is 128,000 tokens. However, your messages resulted in 130512 tokens.",
    128_000,
  ],
  ['prompt is too long: 208310 tokens > 200000 maximum', 200_000],
  [
    'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    1_048_576,
  ],
  ['the request exceeds the available context size (4096 tokens), try increasing it', 4_096],
  ['maximum context length is 3 tokens', null],
  ['Model m-128000 of provider acme answered 413: request_too_large', null],
  ['Your messages resulted in 130512 tokens, which is too many tokens', null],
])('%s → %s', (message, tokens) => {
  expect(windowSaid(message)).toBe(tokens);
});
