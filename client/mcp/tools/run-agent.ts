import type { Tool } from '@modelcontextprotocol/server';
import { agent, limits, newRunId, waitMs } from './run-inputs.ts';
import { runOutput } from './run-output.ts';

export const runAgent: Tool = {
  name: 'run_agent',
  title: 'Run an agent',
  description:
    'Gives a goal to an agent that finds and calls tools by itself. The run survives crashes and goes on when this request ends. If it takes longer than waitMs, the answer says "running" and get_run tells how it went.',
  inputSchema: {
    type: 'object',
    properties: {
      goal: { type: 'string', minLength: 1, maxLength: 20_000 },
      agent,
      runId: newRunId,
      conversationId: { type: 'string', description: 'Continues an earlier conversation.' },
      headVersion: { type: 'integer', minimum: 0, description: 'Its newest message.' },
      limits,
      waitMs,
    },
    required: ['goal'],
    additionalProperties: false,
  },
  outputSchema: runOutput,
  annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: true },
};
