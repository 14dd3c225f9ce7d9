import type { Client, Tool } from '@modelcontextprotocol/client';
import { FAILURE } from '../../common/failures.ts';
import { McpError } from './mcp-error.ts';

const MAX_PAGES = 100;

export interface ListLimits {
  readonly maxTools: number;
  /** Bound of one page, ms. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * All pages of `tools/list`.
 *
 * @throws McpError (Tool.BadAnswer) when the pages do not end, a name comes twice or there are
 *   more tools than allowed.
 */
export async function listAllTools(
  client: Client,
  server: string,
  { maxTools, timeoutMs, signal }: ListLimits,
): Promise<readonly Tool[]> {
  const tools = new Map<string, Tool>();
  const cursors = new Set<string>();
  let cursor: string | undefined;
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const params = cursor === undefined ? {} : { cursor };
    const answer = await client.request(
      { method: 'tools/list', params },
      { timeout: timeoutMs, signal },
    );
    for (const tool of answer.tools) {
      if (tools.has(tool.name)) throw badList(server, `lists the tool "${tool.name}" twice`);
      tools.set(tool.name, tool);
    }
    if (tools.size > maxTools) {
      throw badList(
        server,
        `lists more than ${maxTools} tools; raise the limit if they are wanted`,
      );
    }
    cursor = answer.nextCursor;
    if (cursor === undefined) return [...tools.values()];
    if (cursors.has(cursor)) throw badList(server, `repeats the page ${JSON.stringify(cursor)}`);
    cursors.add(cursor);
  }
  throw badList(server, `did not end its tool list within ${MAX_PAGES} pages`);
}

function badList(server: string, problem: string): McpError {
  return new McpError(FAILURE.toolBadAnswer, `Server "${server}" ${problem}.`, { sent: true });
}
