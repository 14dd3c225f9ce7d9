import type { Degraded } from '../../../common/tool.ts';
import { cleanText } from './clean-text.ts';
import type { Style } from './style.ts';

/** Who answered instead of the tool that was asked, and why. */
export function degradedLines(
  degraded: readonly Degraded[] | undefined,
  style: Style,
): readonly string[] {
  return (degraded ?? []).map(({ tool, rule, why }) =>
    style.warn(`Degraded: ${tool} answered instead (rule ${rule}): ${cleanText(why)}`),
  );
}
