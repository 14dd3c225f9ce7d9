import type { Degraded } from '../../../common/tool.ts';
import { cleanText } from './clean-text.ts';
import type { Style } from './style.ts';

/** Who answered instead of the tool that was asked, and why. */
export function degradedLines(
  degraded: readonly Degraded[] | undefined,
  style: Style,
): readonly string[] {
  return (degraded ?? []).map((how) => {
    const by = how.kind === 'fallback' ? 'fallback' : `rule ${how.rule}`;
    return style.warn(`Degraded: ${how.tool} answered instead (${by}): ${cleanText(how.why)}`);
  });
}
