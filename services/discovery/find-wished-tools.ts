import type { FoundTool, ToolWish, WishAnswer, WishFilter } from '../../common/meta-tools.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { RegisteredTool, Registry } from '../registry/registry.ts';
import type { SearchHit, SearchOptions, ToolIndex } from '../registry/tool-index.ts';
import { searchLimits } from './search-limits.ts';
import { shownCount } from './shown-count.ts';
import { cutText, slimSchema } from './slim-schema.ts';

export interface FindDeps {
  readonly index: Pick<ToolIndex, 'find'>;
  readonly registry: Pick<Registry, 'findTool' | 'listServers'>;
}

const SEARCHED = 12;
const NEAREST = 2;
const MAX_DESCRIPTION = 400;
const MAX_WARNING = 300;

/**
 * The best few tools for each wish, each wish on its own. Tools that may not be called now are left
 * out; what tools say of themselves is data and is passed on cut, never followed.
 */
export async function findWishedTools(
  deps: FindDeps,
  tenantId: TenantId,
  wishes: readonly ToolWish[],
  filter: WishFilter = {},
): Promise<readonly WishAnswer[]> {
  const limits = await searchLimits(deps.registry, tenantId, filter);
  return Promise.all(wishes.map((wish) => answer(deps, tenantId, wish, limits)));
}

async function answer(
  deps: FindDeps,
  tenantId: TenantId,
  wish: ToolWish,
  limits: Omit<SearchOptions, 'k'>,
): Promise<WishAnswer> {
  const request = { server: wish.server ?? '', tool: wish.tool };
  // A few more, since some of them may have been disabled since the index was made.
  const answered = await deps.index.find(tenantId, request, { ...limits, k: SEARCHED });
  const loaded = await Promise.all(answered.hits.map((hit) => load(deps, tenantId, hit)));
  const usable = loaded.flatMap((found) => (found === null ? [] : [found]));
  const fits = answered.fits && usable.length > 0;
  const shown = fits ? shownCount(answered.confidence) : NEAREST;
  const tools = usable.slice(0, shown).map(toFound);
  const confidence = round(answered.confidence);
  return { request: wish, fits, confidence, note: fits ? null : nothingFits(tools), tools };
}

interface Found {
  readonly hit: SearchHit;
  readonly tool: RegisteredTool;
}

async function load(
  { registry }: FindDeps,
  tenantId: TenantId,
  hit: SearchHit,
): Promise<Found | null> {
  const tool = await registry.findTool(tenantId, hit.id);
  return tool?.enabled === true && tool.status === 'active' ? { hit, tool } : null;
}

function toFound({ hit, tool }: Found): FoundTool {
  return {
    id: tool.id,
    server: tool.server,
    description: cutText(tool.description, MAX_DESCRIPTION),
    warning: tool.warnings.length === 0 ? null : cutText(tool.warnings.join('; '), MAX_WARNING),
    inputSchema: slimSchema(tool.inputSchema),
    score: round(hit.score),
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function nothingFits(nearest: readonly FoundTool[]): string {
  if (nearest.length === 0) return 'Nothing fits: no tool is registered that comes near.';
  const names = nearest.map(({ id }) => id).join(' and ');
  return `Nothing fits. The nearest are ${names}, which do something else. Ask in other words, or do without.`;
}
