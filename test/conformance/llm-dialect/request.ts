import type { JsonObject } from '../../../common/json.ts';
import type { LlmRequest } from '../../../common/llm.ts';

const WEATHER: JsonObject = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: { city: { type: 'string', minLength: 1 }, days: { type: 'integer', default: 1 } },
  required: ['city'],
  additionalProperties: false,
};

/** What is asked where a case does not say otherwise. */
export const REQUEST: LlmRequest = {
  role: 'planner',
  messages: [
    { from: 'system', text: 'Answer briefly.' },
    { from: 'user', text: 'Does it rain in Oslo?' },
  ],
  tools: [
    { name: 'weather_now', description: 'Tells the weather.', inputSchema: WEATHER },
    { name: 'ping', description: 'Answers.', inputSchema: {} },
  ],
  toolChoice: 'auto',
  maxOutputTokens: 512,
  temperature: null,
};
