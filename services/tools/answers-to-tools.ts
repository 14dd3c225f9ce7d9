import type { CallToolInput } from '../../common/tool.ts';
import type { ToolAnswer, ToolAsks, ToolQuestion } from '../../common/tool-question.ts';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import type { ToolCallContext } from './tool-caller.ts';
import type { McpAsking, McpAsks } from '../mcp/mcp-call.ts';

/** A longer state of a server is no part of a history. */
const MAX_INLINE_CHARS = 4_096;
const MEDIA_TYPE = 'text/plain; charset=utf-8';

/** What a call may ask, and what it was answered before; `null`: nobody can be asked. */
export async function askingOf(
  artifacts: Pick<ArtifactStore, 'get'>,
  { mayAsk, answered, tenant }: CallToolInput,
  ask: McpAsking['ask'] | undefined,
): Promise<McpAsking | null> {
  if (mayAsk !== true) return null;
  const state = answered?.state ?? null;
  return {
    ask: ask ?? null,
    answers: answered?.answers ?? null,
    state:
      state === null || typeof state === 'string'
        ? state
        : new TextDecoder().decode((await artifacts.get(tenant.tenantId, state.artifactId)).body),
  };
}

/** The same context, and whether anything was asked by it so far. */
export function watchAsking(context: ToolCallContext): {
  readonly context: ToolCallContext;
  readonly hasAsked: () => boolean;
} {
  const { ask } = context;
  let asked = false;
  const noting = (question: ToolQuestion): Promise<ToolAnswer> => {
    asked = true;
    return ask?.(question) ?? Promise.resolve({ action: 'cancel' });
  };
  const hasAsked = (): boolean => asked;
  return { context: ask === undefined ? context : { ...context, ask: noting }, hasAsked };
}

/** In the form that histories hold. */
export async function keepAsks(
  artifacts: Pick<ArtifactStore, 'put'>,
  { tenant }: CallToolInput,
  { questions, state }: McpAsks,
): Promise<ToolAsks> {
  if (state === null || state.length <= MAX_INLINE_CHARS) return { questions, state };
  const body = Buffer.from(state);
  return {
    questions,
    state: await artifacts.put(tenant.tenantId, { mediaType: MEDIA_TYPE, body }),
  };
}
