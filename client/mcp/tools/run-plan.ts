import type { Tool } from '@modelcontextprotocol/server';
import { planStep } from '../plan-step.ts';
import { agent, limits, newRunId, waitMs } from './run-inputs.ts';
import { runOutput } from './run-output.ts';

export const runPlan: Tool = {
  name: 'run_plan',
  title: 'Run a plan',
  description:
    'Runs tool calls in the order that their references state, independent ones at the same time. The plan is checked before the first step. The run survives crashes and goes on when this request ends; get_run tells how it went.',
  inputSchema: {
    type: 'object',
    properties: {
      plan: {
        type: 'object',
        properties: { steps: { type: 'array', minItems: 1, maxItems: 500, items: planStep } },
        required: ['steps'],
        additionalProperties: false,
      },
      agent,
      runId: newRunId,
      limits,
      waitMs,
    },
    required: ['plan'],
    additionalProperties: false,
  },
  outputSchema: runOutput,
  annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: true },
};
