import type { ToolPattern } from './composition-rule.ts';

/** Whether a tool id fits a pattern. `*` stands for any characters; everything else for itself. */
export function matchesTool(pattern: ToolPattern, tool: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === tool;
  const last = rest.pop() ?? '';
  if (!tool.startsWith(first) || tool.length < first.length + last.length) return false;
  if (!tool.endsWith(last)) return false;
  const end = tool.length - last.length;
  let at = first.length;
  // The leftmost place for each part leaves the most room for the others.
  for (const part of rest) {
    const found = tool.indexOf(part, at);
    if (found === -1 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
