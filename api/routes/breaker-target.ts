import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ServerName, ToolId } from '../../common/tool.ts';
import type { BreakerTarget } from '../../services/breaker/breakers.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import { HttpError } from '../http-error.ts';
import { tenantOf } from '../tenant-of.ts';

/** How a breaker is named in a path. */
export const breakerParams = z.strictObject({
  kind: z.enum(['provider', 'mcp', 'tool']),
  name: z.string().min(1).max(300),
});

/** A breaker of something that is not there would be a mistyped name. */
export async function targetOf(
  deps: ResolvedApiDeps,
  request: FastifyRequest,
  { kind, name }: z.output<typeof breakerParams>,
): Promise<BreakerTarget> {
  const { tenantId } = tenantOf(request);
  if (kind === 'mcp') {
    await deps.registry.getServer(tenantId, name as ServerName);
    return { tenantId, kind, name };
  }
  if (kind === 'tool') {
    const found = await deps.registry.findTool(tenantId, name as ToolId);
    if (found !== null) return { tenantId, kind, name };
    throw new HttpError(404, 'NotFound', `There is no tool "${name}". Tools are SERVER/TOOL.`);
  }
  const ids = (await deps.providers.list(tenantId)).map(({ id }) => id);
  if (ids.includes(name)) return { tenantId, kind, name };
  const known = ids.length === 0 ? 'none' : ids.join(', ');
  throw new HttpError(404, 'NotFound', `There is no model "${name}". There are: ${known}.`);
}
