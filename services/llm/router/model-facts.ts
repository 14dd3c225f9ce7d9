import known from './model-facts.json' with { type: 'json' };

/** `prefill`: goes on with an answer that is begun in the request. */
export const CAPABILITIES = [
  'tools',
  'vision',
  'json-schema',
  'reasoning',
  'embeddings',
  'prefill',
] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** What a model can do. `null`: not known, which rules nothing out. */
export interface ModelFacts {
  /** Tokens of prompt and answer together. */
  readonly contextTokens: number | null;
  readonly outputTokens: number | null;
  readonly can: readonly Capability[] | null;
  /** 0 to 1, to compare models by. */
  readonly quality: number;
}

/** Between the small and the large models: what is not known is neither preferred nor shunned. */
const UNKNOWN: ModelFacts = { contextTokens: null, outputTokens: null, can: null, quality: 0.5 };

const FAMILIES = Object.entries(known.models).sort(([a], [b]) => b.length - a.length);

/** Facts of a model by the longest family name that begins its name: `claude-sonnet-5-20270101` is a `claude-sonnet`. */
export function modelFacts(model: string): ModelFacts {
  const name = model.slice(model.lastIndexOf('/') + 1).toLowerCase();
  const family = FAMILIES.find(([prefix]) => name === prefix || isFamily(name, prefix));
  return family === undefined ? UNKNOWN : (family[1] as ModelFacts);
}

/** `gpt-5.4` is of the family `gpt-5`, `gpt-50` is not. */
function isFamily(name: string, prefix: string): boolean {
  return name.startsWith(prefix) && /^[-.:@]/.test(name.slice(prefix.length));
}
