import type { LlmResponse } from '../../../common/llm.ts';

/** Some fixtures hold reasoning too; what is kept of it has a suite of its own. */
export function spoken(parts: LlmResponse['parts']): LlmResponse['parts'] {
  return parts.filter(({ kind }) => kind !== 'reasoning');
}
