export const limits = {
  type: 'object',
  description: 'What the run may use. Leave out for the usual limits.',
  properties: {
    maxTurns: { type: 'integer', minimum: 1, maximum: 100 },
    maxToolCalls: { type: 'integer', minimum: 1, maximum: 10_000 },
    maxWallMs: { type: 'integer', minimum: 1_000, maximum: 604_800_000 },
    maxParallel: { type: 'integer', minimum: 1, maximum: 500 },
    maxTokens: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000_000,
      description: 'Of all model calls, those of child runs included.',
    },
    maxCostUsd: {
      type: 'number',
      minimum: 0.000_001,
      maximum: 100_000,
      description: 'US dollars for model calls, those of child runs included.',
    },
  },
  additionalProperties: false,
};
export const agent = { type: 'string', description: 'Name of the agent, for lists and search.' };
export const newRunId = {
  type: 'string',
  description: 'Chosen by you to make a start repeatable: the same id and request is the same run.',
};
export const runId = { type: 'string', description: 'As returned by run_agent or run_plan.' };
export const waitMs = {
  type: 'integer',
  minimum: 0,
  maximum: 600_000,
  description: 'How long to wait for the end, in milliseconds. Default 45000.',
};
