import type { LlmMessage } from '../../common/llm.ts';

/**
 * In the place of what the planner would have said: providers want an answer between two messages of
 * a user, and a model is not to answer the earlier one late.
 */
export const STOPPED_MESSAGE: LlmMessage = {
  from: 'model',
  parts: [{ kind: 'text', text: '(I was stopped before I could answer this.)' }],
};
