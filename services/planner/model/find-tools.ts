import type { GoalSteps } from '../../../common/agent.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { ToolId } from '../../../common/tool.ts';
import type { RegisteredTool, Registry } from '../../registry/registry.ts';
import type { ActiveRequest } from '../../registry/search/active-request.ts';
import type { SearchOptions, ToolIndex } from '../../registry/tool-index.ts';

const FOR_WHOLE = 8;
const FOR_STEP = 4;
const MAX_FOR_GOAL = 24;
/** Of each search; the right one is seldom further down. */
const BEST = 3;

interface Deps {
  readonly index: Pick<ToolIndex, 'search' | 'find'>;
  readonly registry: Pick<Registry, 'findTool' | 'findToolByModelName'>;
  /** Told what a reranker's model used. @default nobody */
  readonly onUsage?: SearchOptions['onUsage'];
}

export interface FoundTools {
  /** Best first. */
  readonly tools: readonly RegisteredTool[];
  /** The best three of each search: worth their parameters in detail. */
  readonly best: ReadonlySet<ToolId>;
}

/**
 * The tools for a goal: those for the whole of it and, since one search for each part finds more
 * than one for all, those for each of its steps. Best first, at most 24.
 */
export async function findToolsForGoal(
  deps: Deps,
  tenantId: TenantId,
  goal: string,
  { by, steps }: GoalSteps,
): Promise<FoundTools> {
  // One clause is the goal itself; one step of a model says it in other words.
  const queries = by === 'model' || steps.length > 1 ? steps : [];
  const found = await Promise.all([
    search(deps, tenantId, goal, FOR_WHOLE),
    ...queries.map((query) => search(deps, tenantId, query, FOR_STEP)),
  ]);
  return load(deps, tenantId, found);
}

/** The best tools for each request of a model, and which of the requests nothing fits. */
export async function findTools(
  deps: Deps,
  tenantId: TenantId,
  requests: readonly ActiveRequest[],
): Promise<FoundTools & { readonly missed: readonly ActiveRequest[] }> {
  const { index, onUsage } = deps;
  const k = requests.length === 1 ? FOR_WHOLE : FOR_STEP;
  const answers = await Promise.all(
    requests.map(async (request) => {
      const named = await byName(deps, tenantId, request);
      const { hits, fits } = await index.find(tenantId, request, { k, onUsage });
      const ids = hits.map(({ id }) => id);
      return named === null ? { ids, fits } : { ids: [named, ...ids], fits: true };
    }),
  );
  const lists = answers.map(({ ids }) => ids);
  const missed = requests.filter((_, at) => answers[at]?.fits !== true);
  return { ...(await load(deps, tenantId, lists)), missed };
}

/** A tool that is asked for by its name, to see all of it. */
async function byName(
  { registry }: Deps,
  tenantId: TenantId,
  { tool }: ActiveRequest,
): Promise<ToolId | null> {
  if (/\s/.test(tool)) return null;
  const named = await registry.findToolByModelName(tenantId, tool);
  return (named ?? (await registry.findTool(tenantId, tool as ToolId)))?.id ?? null;
}

const MAX_SAID_CHARS = 200;

/** What a model is told of a request that nothing fits; what is listed is the nearest then. */
export function missedText({ tool }: ActiveRequest): string {
  const said = JSON.stringify(tool.slice(0, MAX_SAID_CHARS));
  return `Nothing fits ${said}: what is listed for it does something else. Ask in other words, or do without.`;
}

async function search(
  { index, onUsage }: Deps,
  tenantId: TenantId,
  query: string,
  k: number,
): Promise<readonly ToolId[]> {
  return (await index.search(tenantId, query, { k, onUsage })).map(({ id }) => id);
}

/** The first of every list, then the second of every list, and so on; each once. */
export function interleave<Id>(lists: readonly (readonly Id[])[]): readonly Id[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  const ids = Array.from({ length: longest }, (_, rank) =>
    lists.flatMap((list) => list[rank] ?? []),
  );
  return [...new Set(ids.flat())];
}

/** The first of each list of a search. */
export function bestOf<Id>(lists: readonly (readonly Id[])[]): ReadonlySet<Id> {
  return new Set(lists.flatMap((list) => list.slice(0, BEST)));
}

async function load(
  { registry }: Pick<Deps, 'registry'>,
  tenantId: TenantId,
  lists: readonly (readonly ToolId[])[],
): Promise<FoundTools> {
  const ids = interleave(lists).slice(0, MAX_FOR_GOAL);
  const tools = await Promise.all(ids.map((id) => registry.findTool(tenantId, id)));
  const usable = tools.flatMap((tool) =>
    tool?.enabled === true && tool.status === 'active' ? [tool] : [],
  );
  return { tools: usable, best: bestOf(lists) };
}
