import type { JsonValue } from '../../common/json.ts';
import type { LlmRequest, LlmResponse } from '../../common/llm.ts';
import { describeProblems } from '../schema/schema-problem.ts';
import type { SchemaValidator } from '../schema/schema-validator.ts';

/** What is wrong with an answer by what was asked for, as a sentence; `null`: nothing. */
export type AnswerCheck = (request: LlmRequest, answer: LlmResponse) => Promise<string | null>;

/**
 * Whole, not refused, in the form that was asked for; calls of tools that exist, with arguments that
 * fit their schemas. Whether it is true nobody checks here.
 */
export function createAnswerCheck(validator: Pick<SchemaValidator, 'validate'>): AnswerCheck {
  return async (request, { finish, parts }) => {
    if (finish.unified === 'length') return 'it was cut off.';
    if (finish.unified === 'refusal') return 'the model refused.';
    const calls = parts.filter((part) => part.kind === 'tool-call');
    if (calls.length === 0 && request.toolChoice === 'required') return 'it calls no tool.';
    for (const { name, args } of calls) {
      const tool = request.tools.find((one) => one.name === name);
      if (tool === undefined) return `it calls "${name}", which is no tool of the request.`;
      const problems = await validator.validate(tool.inputSchema, args);
      if (problems.length > 0) return `its arguments for ${name}: ${describeProblems(problems)}`;
    }
    if (request.output === undefined || calls.length > 0) return null;
    const text = parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
    const value = parse(text);
    if (value === undefined) return 'its text is not JSON.';
    const problems = await validator.validate(request.output.schema, value);
    return problems.length === 0 ? null : describeProblems(problems);
  };
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
