import type { Degraded } from '../../../common/degraded.ts';
import { degradedWords } from '../../../common/degraded.ts';
import { cleanText } from './clean-text.ts';
import type { Style } from './style.ts';

/** How the answer came, where the tool that was asked did not give it, and why. */
export function degradedLines(
  degraded: readonly Degraded[] | undefined,
  style: Style,
): readonly string[] {
  return (degraded ?? []).map((how) => {
    const rule = how.kind === 'alternative-tool' ? ` (rule ${how.rule})` : '';
    return style.warn(`Degraded: ${degradedWords(how)}${rule}: ${cleanText(how.why)}`);
  });
}
