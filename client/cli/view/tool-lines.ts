import type { ToolAnswer } from '../api-types.ts';
import { cleanText, oneLine } from './clean-text.ts';
import type { Style } from './style.ts';

/** A tool as an operator should see it: what is odd about it first, then what it says of itself. */
export function toolLines(tool: ToolAnswer, style: Style): readonly string[] {
  const { id, title, description, effect, enabled, status, tags, warnings, inputSchema } = tool;
  return [
    title === null ? id : `${id} (${oneLine(title, 200)})`,
    `  effect ${effect}, ${enabled ? status : 'disabled'}${tags.length > 0 ? `, tags ${tags.join(', ')}` : ''}`,
    ...warnings.map((warning) => style.warn(`  ! ${oneLine(warning, 1_000)}`)),
    '',
    style.dim('What it says of itself:'),
    ...cleanText(description)
      .split('\n')
      .map((line) => `  ${line}`),
    '',
    style.dim('What it takes:'),
    ...cleanText(JSON.stringify(inputSchema, null, 2))
      .split('\n')
      .map((line) => `  ${line}`),
  ];
}
