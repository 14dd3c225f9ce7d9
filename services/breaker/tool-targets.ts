import type { CallToolInput } from '../../common/tool.ts';
import type { BreakerTarget } from './breakers.ts';

/** What a call of a tool goes through: its server, and the tool, which may be ill alone. */
export function toolTargets({
  tenant: { tenantId },
  tool,
}: Pick<CallToolInput, 'tenant' | 'tool'>): readonly BreakerTarget[] {
  return [
    { tenantId, kind: 'mcp', name: tool.slice(0, tool.indexOf('/')) },
    { tenantId, kind: 'tool', name: tool },
  ];
}
