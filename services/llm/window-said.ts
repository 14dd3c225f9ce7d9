/** As providers word it when they refuse a prompt; the number is what the model holds, tokens. */
const SAYINGS = [
  // OpenAI and those that speak like it: "maximum context length is 128000 tokens".
  /maximum context length (?:is|of) ([\d,]+)/i,
  // Anthropic: "prompt is too long: 208310 tokens > 200000 maximum".
  /tokens? > ([\d,]+) maximum/i,
  // Google: "exceeds the maximum number of tokens allowed (1048576)".
  /maximum number of tokens allowed \(?([\d,]+)/i,
  // llama.cpp: "exceeds the available context size (4096 tokens)".
  /available context size \(?([\d,]+)/i,
];
/** Outside of these it is no window. */
const LEAST_TOKENS = 256;
const MOST_TOKENS = 100_000_000;

/** What a model holds, tokens, as a provider's refusal says; `null`: it does not say. */
export function windowSaid(message: string): number | null {
  for (const saying of SAYINGS) {
    const [, said] = saying.exec(message) ?? [];
    if (said === undefined) continue;
    const tokens = Number(said.replaceAll(',', ''));
    return tokens >= LEAST_TOKENS && tokens <= MOST_TOKENS ? tokens : null;
  }
  return null;
}
