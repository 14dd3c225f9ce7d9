import type { z } from 'zod';
import type { TenantId } from '../../common/tenant.ts';
import type { ServerName } from '../../common/tool.ts';
import { isServiceError } from '../../services/errors.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import type { refreshSchema } from '../schemas/server-schema.ts';

/** Asks a server for its tools anew. One that cannot be reached is an answer, not an error. */
export async function refresh(
  deps: ResolvedApiDeps,
  tenantId: TenantId,
  name: ServerName,
): Promise<z.output<typeof refreshSchema>> {
  try {
    const change = await deps.catalogue.refreshServer(tenantId, name);
    return {
      ok: true,
      problem: null,
      catalogueVersion: change.version,
      added: change.added.map(({ id }) => id),
      changed: change.changed.map(({ id }) => id),
      removed: [...change.removed],
    };
  } catch (error) {
    if (!isServiceError(error) || error.type === 'NotFound') throw error;
    const none = { catalogueVersion: null, added: [], changed: [], removed: [] };
    return { ok: false, problem: error.message, ...none };
  }
}
