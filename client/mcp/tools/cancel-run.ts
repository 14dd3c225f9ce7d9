import type { Tool } from '@modelcontextprotocol/server';
import { runId } from './run-inputs.ts';

export const cancelRun: Tool = {
  name: 'cancel_run',
  title: 'Cancel a run',
  description: 'Asks a run to end. Tools in flight are told to stop; get_run says what was done.',
  inputSchema: {
    type: 'object',
    properties: { runId, reason: { type: 'string', maxLength: 500 } },
    required: ['runId'],
    additionalProperties: false,
  },
  outputSchema: {
    type: 'object',
    properties: {
      runId: { type: 'string' },
      accepted: { type: 'boolean', description: 'false: it had ended before.' },
    },
    required: ['runId', 'accepted'],
  },
  annotations: {
    readOnlyHint: false,
    destructiveHint: true,
    idempotentHint: true,
    openWorldHint: false,
  },
};
