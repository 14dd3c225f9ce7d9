import type { CompositionRule } from '../../../common/rules/composition-rule.ts';
import { ruleHints } from '../../../common/rules/rule-hints.ts';
import type { ToolDescriptor, ToolId } from '../../../common/tool.ts';
import { countTokens } from '../../context/count-tokens.ts';
import { dataBlock } from '../../context/data-block.ts';
import { LISTING } from '../../context/tool-listing.ts';
import { describeTool, describeToolShort } from './describe-tool.ts';

export type Described = Pick<
  ToolDescriptor,
  'id' | 'modelName' | 'description' | 'inputSchema' | 'outputSchema'
>;

export interface Listing<Tool> {
  readonly text: string;
  /** Those that are in it. */
  readonly tools: readonly Tool[];
  readonly tokens: number;
  /** What their whole definitions would take more, tokens. */
  readonly savedTokens: number;
}

/**
 * The tools, and what the operator has said of using them together: plans that break it are refused.
 * Best first, as many as fit into `maxTokens`; the first always.
 *
 * @param detailed those that are shown with their parameters' types, the others in one line.
 *   @default all
 */
export function listTools<Tool extends Described>(
  tools: readonly Tool[],
  rules: readonly CompositionRule[],
  maxTokens: number,
  detailed?: ReadonlySet<ToolId>,
): Listing<Tool> {
  if (tools.length === 0) {
    return { text: 'No registered tool was found for this.', tools, tokens: 0, savedTokens: 0 };
  }
  const lines: string[] = [];
  let taken = 0;
  for (const tool of tools) {
    const isDetailed = detailed?.has(tool.id) ?? true;
    const line = isDetailed ? describeTool(tool) : describeToolShort(tool);
    const tokens = countTokens(line);
    if (lines.length > 0 && taken + tokens > maxTokens) break;
    lines.push(line);
    taken += tokens;
  }
  const shown = tools.slice(0, lines.length);
  const text = [dataBlock(LISTING, lines.join('\n')), ...moreText(tools.length - shown.length)];
  const hints = ruleHints(rules, shown);
  if (hints.length > 0) {
    text.push('', 'Rules for these tools:', ...hints.map((hint) => `- ${hint}`));
  }
  const whole = shown.reduce((sum, tool) => sum + countTokens(wholeText(tool)), 0);
  const listed = text.join('\n');
  return {
    text: listed,
    tools: shown,
    tokens: countTokens(listed),
    savedTokens: Math.max(0, whole - taken),
  };
}

function moreText(more: number): readonly string[] {
  if (more === 0) return [];
  return [`(${more} more were found and had no room; find_tools finds them by what they do.)`];
}

/** As providers are sent a tool that nobody shortened. */
function wholeText({ modelName, description, inputSchema }: Described): string {
  return JSON.stringify({ name: modelName, description, inputSchema });
}
