import { textOrNull } from './text-or-null.ts';

/** JSON Schema of what the tools about runs answer. */
export const runOutput = {
  type: 'object' as const,
  properties: {
    runId: { type: 'string' },
    kind: { type: 'string', enum: ['agent', 'plan'] },
    status: {
      type: 'string',
      enum: ['running', 'completed', 'failed', 'cancelled', 'terminated', 'timed-out', 'continued'],
    },
    outcome: { ...textOrNull, description: 'How an ended run judged itself.' },
    answer: textOrNull,
    question: { ...textOrNull, description: 'What the run needs to know before it can go on.' },
    reason: { ...textOrNull, description: 'Why it did not end well.' },
    steps: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          id: { type: 'string' },
          tool: { type: 'string' },
          state: {
            type: 'string',
            enum: ['waiting', 'running', 'done', 'failed', 'skipped', 'cancelled'],
          },
          problem: textOrNull,
          preview: textOrNull,
          waitsFor: {
            type: 'object',
            description: 'The limit of a server or tenant that its calls wait for, and since when.',
          },
        },
        required: ['id', 'tool', 'state', 'problem', 'preview'],
      },
    },
    results: {
      type: 'object',
      description: 'Of a plan: values of its steps by step id, but for very long ones.',
    },
    artifacts: {
      type: 'object',
      description:
        'By step id: artifacts that hold long values, of which results show the beginning.',
    },
    pending: {
      type: 'array',
      description: 'What waits for a person: calls to approve, and what tools ask.',
      items: {
        type: 'object',
        properties: {
          id: { type: 'string' },
          kind: { type: 'string', enum: ['approval', 'outcome-unknown', 'question'] },
          step: { type: 'string' },
          tool: { type: 'string' },
          reason: { type: 'string' },
          questions: { type: 'array', items: { type: 'object' } },
        },
        required: ['id', 'kind', 'step', 'tool', 'reason'],
      },
    },
    models: {
      type: 'array',
      description: 'How the latest model calls found their models.',
      items: { type: 'object' },
    },
    next: { ...textOrNull, description: 'What to do now, while the run goes on.' },
  },
  required: ['runId', 'kind', 'status', 'outcome', 'answer', 'question', 'reason', 'steps', 'next'],
};
