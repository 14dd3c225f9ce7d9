/** A step of a plan as MCP clients write it, as JSON Schema. */
export const planStep = {
  type: 'object',
  properties: {
    id: { type: 'string', description: 'Short name, unique in the plan.' },
    tool: { type: 'string', description: 'Id of a tool, as find_tools gives it.' },
    args: {
      type: 'object',
      description:
        'Arguments for the tool. A string may refer to another step: "${read.$text}" is its text, "${list.items[0].name}" a field of its structured answer, "${list}" its whole value.',
    },
    after: {
      type: 'array',
      items: { type: 'string' },
      description: 'Ids of steps to wait for, besides those that args refer to.',
    },
    onFailure: { type: 'string', enum: ['abort', 'skip-dependents'] },
    title: { type: 'string' },
    timeoutMs: { type: 'integer', minimum: 1 },
    when: {
      type: 'object',
      description:
        'The step runs only where this holds: {value: "${count.n}"} and one of equals, notEquals, above, below, exists, or none for "is true".',
    },
    forEach: {
      type: 'object',
      description:
        '{items: "${list.items}"}: a call for each; "${item.name}" in args is a value of the item, the answer {items: [...]}.',
    },
    optional: { type: 'boolean', description: 'Its failure does not matter to what needs it.' },
    maxAttempts: { type: 'integer', minimum: 1, maximum: 1_000 },
    fallback: {
      type: 'object',
      description: '{tool, args}: called where the tool failed and certainly did nothing.',
    },
    undo: {
      type: 'object',
      description: '{tool, args}: takes the step back where the plan fails and is rolled back.',
    },
    waitFor: {
      type: 'object',
      description:
        'In place of a tool: waits for {seconds: 30}, {until: "2027-01-31T09:00:00Z"} or {signal: "paid"}.',
    },
    plan: {
      type: 'object',
      description:
        'In place of a tool: a plan of its own, {steps: [...]}, whose steps refer to args as "${args.name}".',
    },
    agent: {
      type: 'object',
      description:
        'In place of a tool: {goal: "..."} for an agent of its own; it answers {answer}.',
    },
  },
  required: ['id'],
  additionalProperties: false,
};
