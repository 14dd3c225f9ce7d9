import type { ToolDescriptor } from '../../tool.ts';
import { mapArguments } from './map-arguments.ts';
import type { RuleSuggestion } from './rule-suggestion.ts';
import { suggestionId } from './suggestion-id.ts';

type Described = Pick<ToolDescriptor, 'id' | 'server' | 'inputSchema' | 'effect'>;

/**
 * Cosine of what two tools say they do from which on they do the same, where their arguments fit
 * too: looked through by hand in two catalogues of 527 and 2,797 tools.
 */
const ALIKE = 0.7;
const MIN_CONFIDENCE = 0.45;

/**
 * The `alternative` rule that a likeness speaks for: tools of two servers, both reads (nothing else
 * stands in without a person's word), the one's arguments made from the other's. Confidence is the
 * cosine, up to half less for arguments of the call that the other does not take.
 *
 * @returns `null` where it speaks for none
 */
export function suggestAlternative(
  of: Described,
  tool: Described,
  cosine: number,
): RuleSuggestion | null {
  if (of.server === tool.server || of.effect !== 'read' || tool.effect !== 'read') return null;
  if (cosine < ALIKE) return null;
  const mapping = mapArguments(of.inputSchema, tool.inputSchema);
  if (mapping === null) return null;
  const confidence = cosine * (0.5 + 0.5 * mapping.kept);
  if (confidence < MIN_CONFIDENCE) return null;
  const body = {
    kind: 'alternative',
    of: of.id,
    tool: tool.id,
    args: mapping.args,
    safe: false,
  } as const;
  const id = suggestionId(body, [of.id, tool.id]);
  const reason = `they say they do the same (likeness ${cosine.toFixed(2)}), and the arguments fit`;
  return {
    id,
    rule: { ...body, name: id, reason },
    evidence: { kind: 'likeness', cosine },
    confidence,
  };
}
