import type { WishFilter } from '../../common/meta-tools.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { Registry } from '../registry/registry.ts';
import type { SearchOptions } from '../registry/tool-index.ts';

/** A filter as the index takes it: which servers cannot be reached is the registry's to say. */
export async function searchLimits(
  registry: Pick<Registry, 'listServers'>,
  tenantId: TenantId,
  { servers, effects, tags, reachable }: WishFilter,
): Promise<Omit<SearchOptions, 'k'>> {
  const known = reachable === true ? await registry.listServers(tenantId) : [];
  const skipped = known.filter(({ status }) => status === 'unreachable');
  return {
    ...(servers === undefined ? {} : { servers }),
    ...(effects === undefined ? {} : { effects }),
    ...(tags === undefined ? {} : { tags }),
    ...(skipped.length === 0 ? {} : { skipServers: skipped.map(({ name }) => name) }),
  };
}
