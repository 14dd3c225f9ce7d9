import type { FoundTool, ToolWish, WishAnswer, WishFilter } from '../../common/meta-tools.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ToolId } from '../../common/tool.ts';
import type { RegisteredTool, Registry } from '../registry/registry.ts';
import type { SearchHit, SearchOptions, ToolIndex } from '../registry/tool-index.ts';
import { toolFilter } from '../registry/search/tool-filter.ts';
import { searchLimits } from './search-limits.ts';
import { shownCount } from './shown-count.ts';
import type { SchemaDetail } from './slim-schema.ts';
import { BRIEF, cutText, OUTLINE, slimSchema, WHOLE } from './slim-schema.ts';

export interface FindDeps {
  readonly index: Pick<ToolIndex, 'find'>;
  readonly registry: Pick<Registry, 'findTool' | 'listServers'>;
}

const SEARCHED = 12;
const NEAREST = 2;
/** The right one is seldom further down: the others are shown in outline. */
const BEST = 3;
const MAX_WARNING = 300;
/** `server/tool`, and nothing else. */
const TOOL_ID = /^[^\s/]{1,63}\/\S{1,200}$/;
const SHORTENED =
  'Schemas are shown in short, later ones in outline. Ask for a tool by its id alone to see all of it.';

/** How much of a tool is shown. */
interface Detail {
  readonly description: number;
  readonly schema: SchemaDetail;
}

const SHOWN = {
  whole: { description: 4_000, schema: WHOLE },
  brief: { description: 400, schema: BRIEF },
  outline: { description: 160, schema: OUTLINE },
} as const satisfies Record<string, Detail>;

/**
 * The best few tools for each wish, each wish on its own; a wish that is a tool's id shows all of that
 * tool. Tools that may not be called now are left out; what tools say of themselves is data and is
 * passed on cut, never followed.
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
  const named = await askedById(deps, tenantId, wish, limits);
  if (named !== null) return named;
  const request = { server: wish.server ?? '', tool: wish.tool };
  // A few more, since some of them may have been disabled since the index was made.
  const answered = await deps.index.find(tenantId, request, { ...limits, k: SEARCHED });
  const loaded = await Promise.all(answered.hits.map((hit) => load(deps, tenantId, hit)));
  const usable = loaded.flatMap((found) => (found === null ? [] : [found]));
  const fits = answered.fits && usable.length > 0;
  const shown = fits ? shownCount(answered.confidence) : NEAREST;
  const found = usable
    .slice(0, shown)
    .map((each, at) => toFound(each, at < BEST ? SHOWN.brief : SHOWN.outline));
  const tools = found.map(({ tool }) => tool);
  const isCut = found.some((each) => each.isCut);
  const note = fits ? (isCut ? SHORTENED : null) : nothingFits(tools);
  return { request: wish, fits, confidence: round(answered.confidence), note, tools };
}

/** All of the tool whose id is what was asked for; `null`: it is not, or may not be shown. */
async function askedById(
  { registry }: FindDeps,
  tenantId: TenantId,
  wish: ToolWish,
  limits: Omit<SearchOptions, 'k'>,
): Promise<WishAnswer | null> {
  const id = wish.tool.trim();
  if (!TOOL_ID.test(id)) return null;
  const tool = await registry.findTool(tenantId, id as ToolId);
  if (tool?.enabled !== true || tool.status !== 'active') return null;
  if (!toolFilter({ ...limits, k: 1 })(tool)) return null;
  const found = toFound({ tool, score: 1 }, SHOWN.whole);
  return { request: wish, fits: true, confidence: 1, note: null, tools: [found.tool] };
}

interface Found {
  readonly tool: RegisteredTool;
  readonly score: number;
}

async function load(
  { registry }: FindDeps,
  tenantId: TenantId,
  hit: SearchHit,
): Promise<Found | null> {
  const tool = await registry.findTool(tenantId, hit.id);
  return tool?.enabled === true && tool.status === 'active' ? { tool, score: hit.score } : null;
}

function toFound(
  { tool, score }: Found,
  detail: Detail,
): { readonly tool: FoundTool; readonly isCut: boolean } {
  const description = cutText(tool.description, detail.description);
  const { schema, isCut } = slimSchema(tool.inputSchema, detail.schema);
  return {
    tool: {
      id: tool.id,
      server: tool.server,
      description,
      warning: tool.warnings.length === 0 ? null : cutText(tool.warnings.join('; '), MAX_WARNING),
      inputSchema: schema,
      score: round(score),
    },
    isCut: isCut || description.endsWith('…'),
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
