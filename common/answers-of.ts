import type { JsonObject, JsonValue } from './json.ts';
import { isJsonObject } from './json.ts';
import type { ToolAnswer, ToolQuestion } from './tool-question.ts';
import { withDefaults } from './with-defaults.ts';

/**
 * What a person said, as the server gets it, by the name of each question.
 *
 * @param values as `answerProblem` takes them; `null`: the person declined.
 */
export function answersOf(
  questions: readonly ToolQuestion[],
  values: JsonObject | null,
): Readonly<Record<string, ToolAnswer>> {
  const answers = questions.map((question) => {
    const given = questions.length === 1 ? values : ownOf(values, question.name);
    return [question.name, isJsonObject(given) ? accepted(question, given) : DECLINED] as const;
  });
  return Object.fromEntries(answers);
}

const DECLINED: ToolAnswer = { action: 'decline' };

/** Names are the server's: one may be called as something that every object has. */
function ownOf(values: JsonObject | null, name: string): JsonValue | undefined {
  return values !== null && Object.hasOwn(values, name) ? values[name] : undefined;
}

function accepted(question: ToolQuestion, values: JsonObject): ToolAnswer {
  if (question.mode === 'url') return { action: 'accept' };
  return { action: 'accept', content: withDefaults(question.schema, values) };
}
