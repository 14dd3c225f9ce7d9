import type { CallToolResult } from '@modelcontextprotocol/client';
import type { JsonObject } from '../../common/json.ts';

export interface McpCall {
  /** The tool's own name on its server. */
  readonly tool: string;
  readonly args: JsonObject;
  /** Longest silence of the server, ms; progress starts it anew. */
  readonly timeoutMs: number;
  /** Longest time of this call whatever the server says, connecting included, ms. */
  readonly maxTotalTimeoutMs: number;
  /** Travels as `_meta["io.ostinato/idempotency-key"]`; `null` sends none. */
  readonly idempotencyKey: string | null;
  /** Whether the call may be sent again after the server forgot the session. */
  readonly retrySafe: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: McpProgress) => void;
}

export interface McpProgress {
  readonly progress: number;
  readonly total: number | null;
  readonly message: string | null;
}

/** What the server answered, in MCP's own kinds. `isError`: the tool ran and said no. */
export interface McpAnswer {
  readonly isError: boolean;
  readonly content: CallToolResult['content'];
  readonly structured: JsonObject | null;
  /** Size of the answer on the wire, decompressed. */
  readonly bytes: number;
}
