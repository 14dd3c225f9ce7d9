import type { TenantId } from '../../common/tenant.ts';
import type { CallToolInput, ServerName, ToolResult } from '../../common/tool.ts';
import type { LastValues } from '../cache/last-values.ts';
import type { ReadyCall } from './call-server.ts';
import type { ToolCallerDeps } from './tool-caller.ts';
import { findServer, findTool } from './find-callable.ts';
import { prepareArguments } from './prepare-arguments.ts';
import { resultAddress } from './result-cache.ts';

/** Last results of reading tools, for servers whose operator lets old ones stand in (`staleMs`). */
export interface StaleResults {
  /** Loads, and keeps the result where its server's may stand in later. */
  load(
    call: Pick<ReadyCall, 'input' | 'tool' | 'server' | 'args'>,
    load: () => Promise<ToolResult>,
  ): Promise<ToolResult>;
  /**
   * The last result of the same call, marked with its age.
   *
   * @returns `null`: none is kept, it is too old, or none may stand in.
   * @throws ServiceError as the call itself would, before it is sent.
   */
  answer(input: CallToolInput, why: string): Promise<ToolResult | null>;
  forget(scope: string): void;
}

export function createStaleResults(
  deps: Pick<ToolCallerDeps, 'registry' | 'artifacts' | 'validator'> & {
    readonly last: LastValues<ToolResult>;
    /** How long results of a server may stand in, ms; `null`: never. */
    readonly staleMs: (tenantId: TenantId, server: ServerName) => Promise<number | null>;
  },
): StaleResults {
  const { registry, last, staleMs } = deps;
  return {
    async load(call, load) {
      const limitMs = await staleMs(call.input.tenant.tenantId, call.server.name);
      return limitMs === null ? load() : last.load(resultAddress(call), load);
    },
    async answer(input, why) {
      const { tenantId } = input.tenant;
      const tool = await findTool(registry, tenantId, input.tool);
      const limitMs = tool.effect === 'read' ? await staleMs(tenantId, tool.server) : null;
      if (limitMs === null) return null;
      const server = await findServer(registry, tool, input);
      const args = await prepareArguments(deps, tenantId, tool, input.args);
      const address = resultAddress({ input, tool, server, args });
      const found = await last.find(address, limitMs);
      if (found === null) return null;
      const how = { kind: 'stale-cache', ageMs: found.ageMs, why } as const;
      return { ...found.value, degraded: [how] };
    },
    forget: (scope) => last.forget(scope),
  };
}
