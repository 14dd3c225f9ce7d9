import type { LlmTool } from '../../../common/llm.ts';
import { STEP_ID_PATTERN } from '../parse-written-plan.ts';

export const MAKE_PLAN = 'make_plan';
export const FIND_TOOLS = 'find_tools';
/** Of one search. */
export const MAX_REQUESTS = 6;
export const READ_ARTIFACT = 'read_artifact';
export const ASK_USER = 'ask_user';

const call = {
  type: 'object',
  properties: {
    tool: { type: 'string' },
    args: { type: 'object', additionalProperties: true },
  },
  required: ['tool'],
  additionalProperties: false,
} as const;

/** What a step does where it calls no tool, and how it runs: short, since every turn sends it. */
const flow = {
  waitFor: {
    type: 'object',
    properties: {
      seconds: { type: 'number' },
      until: { type: 'string', description: 'A time with its zone.' },
      signal: { type: 'string', description: 'A name; someone sends it to the run.' },
    },
    additionalProperties: false,
    description: 'Instead of tool: waits for one of these; timeoutMs bounds it.',
  },
  plan: {
    type: 'object',
    properties: {
      steps: { type: 'array', items: { type: 'object', additionalProperties: true } },
      returns: { type: 'array', items: { type: 'string' } },
    },
    required: ['steps'],
    additionalProperties: false,
    description:
      'Instead of tool: steps of their own, for forEach over several. They see args as "${args.name}"; the answer has a field a step.',
  },
  agent: {
    type: 'object',
    properties: {
      goal: { type: 'string' },
      maxTurns: { type: 'integer' },
      maxToolCalls: { type: 'integer' },
    },
    required: ['goal'],
    additionalProperties: false,
    description:
      'Instead of tool and args: an agent of its own works on the goal and answers {answer}.',
  },
  fallback: {
    ...call,
    description: 'Called instead where the tool failed and certainly did nothing.',
  },
  when: {
    type: 'object',
    properties: {
      value: { type: 'string', description: 'A reference.' },
      equals: { type: ['string', 'number', 'boolean'] },
      notEquals: { type: ['string', 'number', 'boolean'] },
      above: { type: 'number' },
      below: { type: 'number' },
      exists: { type: 'boolean' },
    },
    required: ['value'],
    additionalProperties: false,
    description: 'Runs only where this holds: one comparison, or none for "is true".',
  },
  forEach: {
    type: 'object',
    properties: {
      items: { type: 'string', description: 'A reference to a list.' },
      maxParallel: { type: 'integer' },
    },
    required: ['items'],
    additionalProperties: false,
    description: 'Runs the step for each item, "${item}" in args; the answer is {items: […]}.',
  },
  optional: {
    type: 'boolean',
    description: 'Where it fails or is skipped, what needs it goes on with an empty answer.',
  },
} as const;

const step = {
  type: 'object',
  properties: {
    id: {
      type: 'string',
      pattern: STEP_ID_PATTERN,
      description: 'Short name of the step, unique in the whole run, for example read_config.',
    },
    tool: { type: 'string', description: 'Name of a tool exactly as it was listed.' },
    args: {
      type: 'object',
      description:
        'Arguments for the tool. A string may refer to another step of this plan: "${read_config.$text}" is its text, "${list.items[0].name}" a field of its structured answer, "${list}" its whole value. A string that is only a reference keeps the type of the value. Write "$${" for a literal "${".',
      additionalProperties: true,
    },
    after: {
      type: 'array',
      items: { type: 'string' },
      description: 'Ids of steps to wait for, besides those that args refer to.',
    },
    onFailure: {
      type: 'string',
      enum: ['abort', 'skip-dependents'],
      description:
        'abort (default) ends the plan when the step fails; skip-dependents goes on with what does not need it.',
    },
    title: { type: 'string', maxLength: 200, description: 'What the step is for, in a few words.' },
    timeoutMs: {
      type: 'integer',
      minimum: 1,
      description: 'Longest time for the call; leave out for the usual one.',
    },
    ...flow,
  },
  required: ['id'],
  additionalProperties: false,
} as const;

/**
 * What the planner offers to every model on every turn: always these bytes, whatever tools are
 * registered, so that providers' prompt caches stay warm.
 */
export const PLANNER_TOOLS: readonly LlmTool[] = [
  {
    name: MAKE_PLAN,
    description:
      'Runs steps. Each step calls one tool with args (or waits, or runs a plan or an agent); steps that do not refer to each other run at the same time. The results come back to you, and you then answer or plan again.',
    inputSchema: {
      type: 'object',
      properties: { steps: { type: 'array', minItems: 1, items: step } },
      required: ['steps'],
      additionalProperties: false,
    },
  },
  {
    name: FIND_TOOLS,
    description:
      'Searches the registered tools. Use it when no listed tool fits: a request for each thing that you need, all at once.',
    inputSchema: {
      type: 'object',
      properties: {
        requests: {
          type: 'array',
          minItems: 1,
          maxItems: MAX_REQUESTS,
          items: {
            type: 'object',
            properties: {
              server: {
                type: 'string',
                description: 'The kind of server, for example "a code host". Leave out if unsure.',
              },
              tool: { type: 'string', description: 'What the tool must do, in a few words.' },
            },
            required: ['tool'],
            additionalProperties: false,
          },
        },
      },
      required: ['requests'],
      additionalProperties: false,
    },
  },
  {
    name: READ_ARTIFACT,
    description:
      'Reads a part of a result that was cut. Read only what you need: find a word, or follow a path into a JSON value.',
    inputSchema: {
      type: 'object',
      properties: {
        id: { type: 'string', description: 'The artifact, as the result names it.' },
        path: { type: 'string', description: 'Into a JSON value, for example "items[0].name".' },
        find: { type: 'string', description: 'Shows the places where this text stands.' },
        offset: { type: 'integer', minimum: 0, description: 'First character. Default 0.' },
        limit: { type: 'integer', minimum: 1, description: 'Most characters to read.' },
      },
      required: ['id'],
      additionalProperties: false,
    },
  },
  {
    name: ASK_USER,
    description:
      'Ends the run with a question. Use it only when something is missing that no tool can find out.',
    inputSchema: {
      type: 'object',
      properties: { question: { type: 'string' } },
      required: ['question'],
      additionalProperties: false,
    },
  },
];
