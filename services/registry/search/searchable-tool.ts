import type { RegisteredTool } from '../registered-tool.ts';

/** What a search reads of a tool. */
export type SearchableTool = Pick<
  RegisteredTool,
  'id' | 'server' | 'name' | 'title' | 'description' | 'inputSchema'
>;
