import type { OstinatoConnection } from '../client/index.ts';
import { conversationState, describeRun, isClientError } from '../client/index.ts';
import { pause } from '../client/pause.ts';
import type { ResolvedApiDeps } from './api-deps.ts';
import { END_ID, parsePlace } from './event-place.ts';
import type { ServerEvent } from './event-stream.ts';
import { runServerEvents } from './run-server-events.ts';

const LOOK_EVERY_MS = 500;
/** A place in a conversation: the run, and a place in that. */
const ID = /^([^/]{1,200})\/(.*)$/s;

/**
 * A conversation as server-sent events until the client leaves: `message` when a message is taken up,
 * then the events of its run, each with its `runId`.
 *
 * @param from the last id that is known. @default the message that is being answered
 */
export async function* conversationServerEvents(
  deps: ResolvedApiDeps,
  connection: OstinatoConnection,
  conversationId: string,
  from: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  const [, known = null, place = ''] = ID.exec(from ?? '') ?? [];
  let last = known;
  let goesOn = known !== null && place !== END_ID;
  while (!signal.aborted) {
    const runId: string | null = goesOn
      ? last
      : await nextMessage(connection, conversationId, last, signal);
    if (runId === null) return;
    if (!goesOn) yield { event: 'message', id: `${runId}/`, data: { runId } };
    const begin = parsePlace(goesOn ? place : undefined);
    for await (const event of runServerEvents(deps, connection, runId, begin, signal)) {
      const id = event.id === undefined ? {} : { id: `${runId}/${event.id}` };
      yield { ...event, ...id, data: { runId, ...(event.data as object) } };
    }
    goesOn = false;
    last = runId;
  }
}

/** @returns `null` when the client has left. */
async function nextMessage(
  connection: OstinatoConnection,
  conversationId: string,
  last: string | null,
  signal: AbortSignal,
): Promise<string | null> {
  while (!signal.aborted) {
    const state = await conversationState(connection, conversationId).catch((error: unknown) => {
      if (isClientError(error) && error.code === 'unavailable') return null;
      throw error;
    });
    const next = state === null ? null : following(state, last);
    if (next !== null && (await hasBegun(connection, next))) return next;
    await pause(LOOK_EVERY_MS, [signal]);
  }
  return null;
}

/** A message is taken up a moment before its run begins. */
async function hasBegun(connection: OstinatoConnection, runId: string): Promise<boolean> {
  try {
    await describeRun(connection, runId);
    return true;
  } catch (error) {
    if (isClientError(error) && error.code !== 'bad-input') return false;
    throw error;
  }
}

function following(
  { answered, answering }: Awaited<ReturnType<typeof conversationState>>,
  last: string | null,
): string | null {
  const begun = answering === null ? answered : [...answered, answering];
  const at = last === null ? -1 : begun.indexOf(last);
  // Also where what was read last is too long ago to be known.
  return at === -1 ? (answering === last ? null : answering) : (begun[at + 1] ?? null);
}
