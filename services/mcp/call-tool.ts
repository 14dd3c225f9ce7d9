import { setTimeout as delay } from 'node:timers/promises';
import type {
  CallToolRequest,
  CallToolRequestOptions,
  CallToolResult,
  InputRequiredResult,
  Tool,
} from '@modelcontextprotocol/client';
import {
  CLIENT_CAPABILITIES_META_KEY,
  isInputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/client';
import type { JsonObject, JsonValue } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';
import type { CallRecord } from './call-record.ts';
import { currentCall } from './call-record.ts';
import { ASKS_PEOPLE, toResult } from './client-questions.ts';
import type { McpAnswer, McpAsking, McpAskingCall, McpAsks, McpCall } from './mcp-call.ts';
import type { OpenClient } from './open-client.ts';
import { BadQuestion, NOBODY, readQuestions } from './read-questions.ts';
import { watchSilence } from './silence.ts';

/**
 * Where a call carries its idempotency key. A server that knows it drops repeats of one key; the
 * key is the same for every attempt of one step.
 */
export const IDEMPOTENCY_META_KEY = 'io.ostinato/idempotency-key';

/** A server that asks nothing and wants to be called again gets this much time. */
const ASK_AGAIN_MS = 250;
const MAX_EMPTY_ROUNDS = 10;
const MAX_STATE_CHARS = 1_048_576;

/**
 * Sends one `tools/call` and waits for its answer.
 *
 * @param definition the tool as listed, which the newer era needs for its header parameters
 * @throws the SDK's errors and BadQuestion, to be put into words by `toCallError`.
 */
export async function callTool(
  opened: OpenClient,
  call: McpCall | McpAskingCall,
  record: CallRecord,
  signal: AbortSignal,
  definition: Tool | undefined,
): Promise<McpAnswer | McpAsks> {
  const asking = askingOf(call);
  let { answers, state } = asking ?? { answers: null, state: null };
  for (let round = 0; round < MAX_EMPTY_ROUNDS; round += 1) {
    const params = { ...paramsOf(call, asking, opened), ...retryParams(answers, state) };
    const result = await currentCall.run(record, () =>
      send(opened, { call, asking, params }, record, signal, definition),
    );
    if (!isInputRequiredResult(result)) return answerOf(result, call, record, definition);
    const asks = asksOf(result, asking);
    if (asks.questions.length > 0) return asks;
    // It only wants its state back: that is still the same call.
    ({ state } = asks);
    answers = null;
    await delay(ASK_AGAIN_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
  throw new BadQuestion(`it wanted to be called again ${MAX_EMPTY_ROUNDS} times and asked nothing`);
}

function askingOf(call: McpCall | McpAskingCall): McpAsking | null {
  return 'asking' in call ? call.asking : null;
}

function paramsOf(
  call: McpCall,
  asking: McpAsking | null,
  opened: OpenClient,
): CallToolRequest['params'] {
  const key = call.idempotencyKey;
  // What is said here counts for this call alone; the older era has said it when it connected.
  const offered = asking === null ? {} : ASKS_PEOPLE;
  const meta = {
    ...(key === null ? {} : { [IDEMPOTENCY_META_KEY]: key }),
    ...(opened.prior.kind === 'modern' ? { [CLIENT_CAPABILITIES_META_KEY]: offered } : {}),
  };
  return {
    name: call.tool,
    arguments: call.args as Record<string, unknown>,
    ...(Object.keys(meta).length === 0 ? {} : { _meta: meta }),
  };
}

function retryParams(answers: McpAsking['answers'], state: string | null) {
  const responses = Object.entries(answers ?? {}).map(
    ([name, answer]) => [name, toResult(answer)] as const,
  );
  return {
    ...(answers === null ? {} : { inputResponses: Object.fromEntries(responses) }),
    ...(state === null ? {} : { requestState: state }),
  };
}

interface Sent {
  readonly call: McpCall;
  readonly asking: McpAsking | null;
  readonly params: CallToolRequest['params'];
}

async function send(
  opened: OpenClient,
  { call, asking, params }: Sent,
  record: CallRecord,
  signal: AbortSignal,
  definition: Tool | undefined,
): Promise<CallToolResult | InputRequiredResult> {
  const ask = asking?.ask ?? null;
  const silence = ask === null ? null : watchSilence(call.timeoutMs);
  if (ask !== null && silence !== null) {
    record.ask = (question) => silence.pauseFor(() => ask(question));
  }
  const { outputSchema: _output, ...withoutOutput } = definition ?? { name: '', inputSchema: {} };
  const options: CallToolRequestOptions = {
    // While a person is asked the server gives no sign: then it is measured by `silence`.
    timeout: silence === null ? call.timeoutMs : call.maxTotalTimeoutMs,
    maxTotalTimeout: call.maxTotalTimeoutMs,
    resetTimeoutOnProgress: true,
    signal: silence === null ? signal : AbortSignal.any([signal, silence.signal]),
    onprogress: ({ progress, total, message }) => {
      silence?.restart();
      call.onProgress({ progress, total: total ?? null, message: message ?? null });
    },
    allowInputRequired: true,
    // The SDK takes questions for an answer without output: `answerOf` looks instead.
    ...(definition === undefined ? {} : { toolDefinition: withoutOutput as Tool }),
  };
  try {
    return await opened.client.callTool(params, options);
  } finally {
    silence?.end();
    record.ask = null;
  }
}

/** @throws BadQuestion */
function asksOf(
  { inputRequests, requestState }: InputRequiredResult,
  asking: McpAsking | null,
): McpAsks {
  const state = requestState ?? null;
  if (state !== null && state.length > MAX_STATE_CHARS) {
    throw new BadQuestion(
      `the state that it wants back has ${state.length} characters; the limit is ${MAX_STATE_CHARS}`,
    );
  }
  const questions = readQuestions(inputRequests ?? {});
  if (questions.length === 0 || asking !== null) return { questions, state };
  throw new BadQuestion(NOBODY);
}

function answerOf(
  result: CallToolResult,
  call: McpCall,
  record: CallRecord,
  definition: Tool | undefined,
): McpAnswer {
  // SDKs of the older era put the protocol error into an answer.
  const [only] = result.content;
  if (result.isError === true && only?.type === 'text' && only.text === unknownTool(call.tool)) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Tool ${call.tool} not found`);
  }
  const isError = result.isError === true;
  const lacksOutput = !isError && result.structuredContent === undefined;
  if (lacksOutput && definition?.outputSchema !== undefined) {
    throw new ProtocolError(
      ProtocolErrorCode.InvalidRequest,
      `Tool ${call.tool} has an output schema but did not return structured content`,
    );
  }
  return {
    isError,
    content: result.content,
    structured: structuredOf(result),
    bytes: record.bytes,
  };
}

function unknownTool(tool: string): string {
  return `MCP error -32602: Tool ${tool} not found`;
}

/** The newer era allows any JSON value; ours are objects, so another value is put into one. */
function structuredOf({ structuredContent }: CallToolResult): JsonObject | null {
  if (structuredContent === undefined || structuredContent === null) return null;
  if (isJsonObject(structuredContent)) return structuredContent;
  return { result: structuredContent as JsonValue };
}
