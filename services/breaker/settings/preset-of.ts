import type { BreakerPreset } from '../../../common/breaker-policies.ts';
import type { ServerName } from '../../../common/tool.ts';
import type { Registry } from '../../registry/registry.ts';
import type { BreakerTarget } from '../breakers.ts';

/** A child process that fails is back sooner than a server far away. */
export function createPresetOf(
  registry: Pick<Registry, 'getServer'>,
): (target: BreakerTarget) => Promise<BreakerPreset> {
  return async ({ tenantId, kind, name }) => {
    if (kind === 'provider') return 'provider';
    const serverName = kind === 'mcp' ? name : name.slice(0, name.indexOf('/'));
    // One that is not there any more, or cannot be looked up now, is judged as most are.
    const server = await registry.getServer(tenantId, serverName as ServerName).catch(() => null);
    return server?.definition.transport.kind === 'stdio' ? 'mcp-stdio' : 'mcp-remote';
  };
}
