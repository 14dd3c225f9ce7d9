import type { JsonObject } from '../../common/json.ts';
import type { ToolWish, WishAnswer, WishFilter } from '../../common/meta-tools.ts';
import type { ToolResult } from '../../common/tool.ts';
import type { OstinatoConnection } from '../connection.ts';

/**
 * What the MCP server stands on. The API brings its own services; `ostinato mcp`, which is another
 * process, asks the API.
 */
export interface McpEngine {
  /** As the caller's tenant sees it. */
  readonly connection: OstinatoConnection;
  findTools(wishes: readonly ToolWish[], filter: WishFilter): Promise<readonly WishAnswer[]>;
  callTool(call: InnerCall, context: InnerCallContext): Promise<ToolResult>;
  readArtifact(artifactId: string): Promise<Uint8Array>;
  /** What an error says to the caller; `null`: it was not thrown on purpose and was logged. */
  explain(error: unknown): string | null;
  /** Raised when the process ends: what waits, ends. */
  readonly closing: AbortSignal;
}

export interface InnerCall {
  readonly tool: string;
  readonly args: JsonObject;
  /** `null`: this call is not repeated. */
  readonly idempotencyKey: string | null;
}

export interface InnerCallContext {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: InnerProgress) => void;
}

export interface InnerProgress {
  readonly progress: number;
  readonly total: number | null;
  readonly message: string | null;
}
