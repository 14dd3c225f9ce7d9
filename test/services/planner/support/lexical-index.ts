import MiniSearch from 'minisearch';
import type { RegisteredTool } from '../../../../services/registry/registry.ts';

type Request = string | { readonly server: string; readonly tool: string };

/** ToolIndex by words alone; nothing fits where no word does. */
export function lexicalIndex(tools: readonly RegisteredTool[]) {
  const { search } = lexicalSearch(tools);
  return {
    search,
    async find(tenant: unknown, request: Request, options: { readonly k: number }) {
      const hits = await search(tenant, request, options);
      const fits = hits.length > 0;
      return { hits, confidence: fits ? 1 : 0, fits, evidence: null };
    },
  };
}

/** ToolIndex.search by words alone, for tests that are not about the embedding. */
function lexicalSearch(tools: readonly RegisteredTool[]) {
  const words = (text: string) => text.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[_-]/g, ' ');
  const index = new MiniSearch({
    fields: ['name', 'description', 'server'],
    searchOptions: { boost: { name: 3 }, prefix: true, fuzzy: 0.15 },
  });
  index.addAll(
    tools.map((tool, id) => ({
      id,
      name: words(tool.name),
      description: words(tool.description),
      server: words(tool.server),
    })),
  );
  return {
    search: async (
      _tenant: unknown,
      request: Request,
      { k, servers }: { readonly k: number; readonly servers?: readonly string[] },
    ) =>
      index
        .search(typeof request === 'string' ? request : request.tool)
        .flatMap(({ id, score }, rank) => {
          const tool = tools[id as number];
          if (tool === undefined || servers?.includes(tool.server) === false) return [];
          return [
            {
              id: tool.id,
              score,
              matched: null,
              arms: { dense: null, lexical: { rank: rank + 1, score } },
            },
          ];
        })
        .slice(0, k),
  };
}
