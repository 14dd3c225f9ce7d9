import type { Tool } from '@modelcontextprotocol/server';
import { runId, waitMs } from './run-inputs.ts';
import { runOutput } from './run-output.ts';

export const getRun: Tool = {
  name: 'get_run',
  title: 'Look at a run',
  description: 'How a run stands or ended, with every step. With waitMs it waits for the end.',
  inputSchema: {
    type: 'object',
    properties: { runId, waitMs: { ...waitMs, description: 'Default 0: answers at once.' } },
    required: ['runId'],
    additionalProperties: false,
  },
  outputSchema: runOutput,
  annotations: { readOnlyHint: true, openWorldHint: false },
};
