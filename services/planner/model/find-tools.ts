import type { TenantId } from '../../../common/tenant.ts';
import type { ToolId } from '../../../common/tool.ts';
import type { RegisteredTool, Registry } from '../../registry/registry.ts';
import type { ToolIndex } from '../../registry/tool-index.ts';
import { splitGoal } from '../offline/goal/split-goal.ts';

const FOR_WHOLE = 8;
const FOR_CLAUSE = 4;
const MAX_CLAUSES = 12;
const MAX_FOR_GOAL = 24;

interface Deps {
  readonly index: Pick<ToolIndex, 'search'>;
  readonly registry: Pick<Registry, 'findTool'>;
}

/**
 * The tools for a goal: those for the whole of it and, since one search for each part finds more
 * than one for all, those for each clause. Best first, at most 24.
 */
export async function findToolsForGoal(
  deps: Deps,
  tenantId: TenantId,
  goal: string,
): Promise<readonly RegisteredTool[]> {
  const clauses = splitGoal(goal).slice(0, MAX_CLAUSES);
  const queries = clauses.length > 1 ? clauses.map(({ text }) => text) : [];
  const found = await Promise.all([
    search(deps, tenantId, goal, FOR_WHOLE),
    ...queries.map((query) => search(deps, tenantId, query, FOR_CLAUSE)),
  ]);
  return load(deps, tenantId, interleave(found).slice(0, MAX_FOR_GOAL));
}

/** The best tools for one query. */
export async function findTools(
  deps: Deps,
  tenantId: TenantId,
  query: string,
): Promise<readonly RegisteredTool[]> {
  return load(deps, tenantId, await search(deps, tenantId, query, FOR_WHOLE));
}

async function search(
  { index }: Deps,
  tenantId: TenantId,
  query: string,
  k: number,
): Promise<readonly ToolId[]> {
  return (await index.search(tenantId, query, { k })).map(({ id }) => id);
}

/** The first of every list, then the second of every list, and so on; each once. */
function interleave(lists: readonly (readonly ToolId[])[]): readonly ToolId[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  const ids = Array.from({ length: longest }, (_, rank) =>
    lists.flatMap((list) => list[rank] ?? []),
  );
  return [...new Set(ids.flat())];
}

async function load(
  { registry }: Deps,
  tenantId: TenantId,
  ids: readonly ToolId[],
): Promise<readonly RegisteredTool[]> {
  const tools = await Promise.all(ids.map((id) => registry.findTool(tenantId, id)));
  return tools.flatMap((tool) =>
    tool?.enabled === true && tool.status === 'active' ? [tool] : [],
  );
}
