import { FAILURE } from '../../common/failures.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { CallToolInput, ToolId } from '../../common/tool.ts';
import { ServiceError } from '../errors.ts';
import { didYouMean } from '../planner/nearest-names.ts';
import type { RegisteredServer, RegisteredTool, Registry } from '../registry/registry.ts';

export type ToolRegistry = Pick<Registry, 'findTool' | 'getServer' | 'listTools'>;

/**
 * The tool, whether or not it may be called now.
 *
 * @throws ServiceError (Tool.NotFound) that names the nearest ones.
 */
export async function findTool(
  registry: ToolRegistry,
  tenantId: TenantId,
  id: ToolId,
): Promise<RegisteredTool> {
  const tool = await registry.findTool(tenantId, id);
  if (tool !== null && tool.status !== 'gone') return tool;
  const known = (await registry.listTools(tenantId)).map((each) => each.id);
  const gone = tool === null ? 'There is no tool' : `Server "${tool.server}" no longer offers`;
  const others =
    known.length === 0
      ? ' No tool is registered: add a server first.'
      : didYouMean(id, known) || ` ${known.length} other tools are registered: search for one.`;
  throw new ServiceError(FAILURE.toolNotFound, `${gone} "${id}".${others}`);
}

/**
 * The server to call it on.
 *
 * @throws ServiceError (Tool.Disabled, Tool.DefinitionChanged) where it may not be called now.
 */
export async function findServer(
  registry: ToolRegistry,
  tool: RegisteredTool,
  input: Pick<CallToolInput, 'fingerprint'> & {
    readonly tenant: Pick<CallToolInput['tenant'], 'tenantId'>;
  },
): Promise<RegisteredServer> {
  if (!tool.enabled) {
    throw refusal(FAILURE.toolDisabled, tool, 'is disabled. Enable it, or use another tool.');
  }
  if (tool.status === 'changed') {
    throw refusal(
      FAILURE.toolDefinitionChanged,
      tool,
      'has changed its definition since it was approved. Look at it and approve it, or use another tool.',
    );
  }
  if (input.fingerprint !== null && input.fingerprint !== tool.fingerprint) {
    throw refusal(
      FAILURE.toolDefinitionChanged,
      tool,
      'has another definition than the one the plan was made for. Plan again.',
    );
  }
  const server = await registry.getServer(input.tenant.tenantId, tool.server);
  if (server.definition.enabled) return server;
  throw refusal(
    FAILURE.toolDisabled,
    tool,
    `belongs to server "${server.name}", which is disabled. Enable the server, or use another tool.`,
  );
}

function refusal(
  type: typeof FAILURE.toolDisabled | typeof FAILURE.toolDefinitionChanged,
  tool: RegisteredTool,
  why: string,
): ServiceError {
  return new ServiceError(type, `Tool "${tool.id}" ${why}`);
}
