import type { JsonObject, JsonValue } from '../../../common/json.ts';
import { isJsonObject } from '../../../common/json.ts';
import type { ToolQuestion } from '../../../common/tool-question.ts';
import { cleanText } from './clean-text.ts';

const MAX_SHOWN = 500;

/** What a tool asks, a line for each question and each value; the words are its server's. */
export function questionLines(questions: readonly ToolQuestion[]): readonly string[] {
  const isOne = questions.length === 1;
  return questions.flatMap((question) => {
    const name = isOne ? '' : `${shown(question.name)}: `;
    const asked = `  ${name}"${shown(question.message)}"`;
    return question.mode === 'url'
      ? [asked, `    Open ${shown(question.url)} yourself, and answer when it is done there.`]
      : [asked, ...valueLines(question.schema)];
  });
}

function valueLines({ properties, required }: JsonObject): readonly string[] {
  const names: readonly JsonValue[] = Array.isArray(required) ? required : [];
  return Object.entries(isJsonObject(properties) ? properties : {}).map(([name, property]) => {
    const given = isJsonObject(property) ? property : {};
    const words = [
      kindOf(given),
      ...(names.includes(name) && given['default'] === undefined ? ['required'] : []),
      ...(given['default'] === undefined ? [] : [`default ${JSON.stringify(given['default'])}`]),
    ];
    const about = given['description'] ?? given['title'];
    const note = typeof about === 'string' ? `: ${about}` : '';
    return `    ${shown(`${name} (${words.join(', ')})${note}`)}`;
  });
}

function kindOf({ type, enum: choices, oneOf, items }: JsonObject): string {
  const given = choices ?? oneOf;
  if (Array.isArray(given)) return given.map(choiceText).join(' | ');
  if (isJsonObject(items)) {
    const each = items['enum'] ?? items['anyOf'];
    return `some of ${Array.isArray(each) ? each.map(choiceText).join(' | ') : ''}`;
  }
  if (type === 'boolean') return 'true or false';
  return typeof type === 'string' ? type : 'text';
}

function choiceText(choice: JsonValue): string {
  if (!isJsonObject(choice)) return String(choice);
  const { const: value, title } = choice;
  return title === undefined || title === value
    ? String(value)
    : `${String(value)} (${String(title)})`;
}

function shown(text: string): string {
  const line = cleanText(text).replace(/\s+/g, ' ');
  return line.length <= MAX_SHOWN ? line : `${line.slice(0, MAX_SHOWN - 1)}…`;
}
