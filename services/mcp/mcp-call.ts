import type { CallToolResult } from '@modelcontextprotocol/client';
import type { JsonObject } from '../../common/json.ts';
import type { ToolAnswer, ToolAnswers, ToolQuestion } from '../../common/tool-question.ts';

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

/** A call in which a person can be asked; of others the server is told so, as far as its era allows. */
export interface McpAskingCall extends McpCall {
  readonly asking: McpAsking;
}

export interface McpAsking {
  /** Puts to a person what is asked in the middle of the call; `null`: only the answer may ask. */
  readonly ask: ((question: ToolQuestion) => Promise<ToolAnswer>) | null;
  /** To what the same call was answered with before; `null`: it is made for the first time. */
  readonly answers: ToolAnswers['answers'] | null;
  /** That came with it. */
  readonly state: string | null;
}

/** In place of an answer: what to ask a person before the call is made again. */
export interface McpAsks {
  readonly questions: readonly ToolQuestion[];
  /** To be handed back as it is; `null`: there is none. */
  readonly state: string | null;
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
