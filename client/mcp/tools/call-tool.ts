import type { Tool } from '@modelcontextprotocol/server';

export const callTool: Tool = {
  name: 'call_tool',
  title: 'Call a tool',
  description:
    'Calls one tool that find_tools gave, once, and returns its answer as it is. Arguments are checked against the schema of the tool. For several calls that depend on each other use run_plan.',
  inputSchema: {
    type: 'object',
    properties: {
      tool: { type: 'string', minLength: 1, maxLength: 300, description: 'Id of the tool.' },
      args: { type: 'object', description: 'Arguments for the tool.' },
      idempotencyKey: {
        type: 'string',
        description: 'Send the same one to repeat a call whose answer was lost.',
      },
      maxChars: {
        type: 'integer',
        minimum: 1_000,
        description:
          'Cuts a long answer here and names its artifact, which read_artifact reads. Answers of up to 32 kB come whole.',
      },
    },
    required: ['tool'],
    additionalProperties: false,
  },
  annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: true },
};
