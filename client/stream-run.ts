import type { RunProgress } from '../common/agent.ts';
import type { LiveEvent, LiveItem, LiveOffset, LiveReader } from '../common/live-event.ts';
import type { ApiAddress, LineLost } from './api-events.ts';
import { apiEvents } from './api-events.ts';
import type { RunEvent } from './follow-run.ts';
import type { RunDetail } from './runs.ts';
import type { ServerSentEvent } from './server-events.ts';

/** `place` says how far this was read: give it as `offset` to go on after it. */
export type StreamedRunEvent = RunEvent & { readonly place: string | null };

export interface StreamRunOptions {
  /** Ends the generator. */
  readonly signal?: AbortSignal;
  /** The `place` of the last event that is known. @default the beginning */
  readonly offset?: string;
}

/**
 * A run over the HTTP API until it has ended: the words of its model, its steps, its result. Lines that
 * break are opened again where they broke, so that nothing is missed or repeated that is still kept; a
 * reader that takes its time is told what it `lost`, and gets the state.
 *
 * @throws ClientError (`not-found`, `bad-input`)
 */
export async function* streamRun(
  api: ApiAddress,
  runId: string,
  options: StreamRunOptions = {},
): AsyncGenerator<StreamedRunEvent> {
  const { signal = new AbortController().signal } = options;
  const offset = options.offset ?? null;
  let place = offset;
  for await (const event of apiEvents(api, pathOf(runId), { signal, after: offset })) {
    if ('id' in event) place = event.id ?? place;
    const read = toRunEvent(event);
    if (read !== null) yield { ...read, place };
    if (read?.kind === 'ended') return;
  }
}

/** The side channel of a run as the API has it, for `followRun`: where the API is away, it is silent. */
export function liveFromApi(api: ApiAddress, runId: string, signal: AbortSignal): LiveReader {
  const items = liveItems(api, runId, signal);
  let next: Promise<IteratorResult<LiveItem, undefined>> | null = null;
  return {
    async next(waitMs, stop) {
      next ??= items.next();
      const item = await withinMs(next, waitMs, stop);
      if (item === null) return [];
      next = null;
      return item.done === true ? waitForNothing(waitMs, stop) : [item.value];
    },
  };
}

async function* liveItems(
  api: ApiAddress,
  runId: string,
  signal: AbortSignal,
): AsyncGenerator<LiveItem, undefined> {
  try {
    const path = `${pathOf(runId)}?only=live`;
    for await (const event of apiEvents(api, path, { signal, after: null })) {
      const read = toRunEvent(event);
      if (read?.kind === 'lost') yield read;
      if (read?.kind === 'live') yield { ...read, kind: 'event' };
    }
  } catch {
    // An API of another version or without a key: the run is followed without it.
  }
  return undefined;
}

function pathOf(runId: string): string {
  return `/v1/runs/${encodeURIComponent(runId)}/events`;
}

/** @returns `null` for what this version does not know. */
export function toRunEvent(event: ServerSentEvent | LineLost): RunEvent | null {
  if (event.event === 'line-lost') {
    return { kind: 'waiting', reason: (event as LineLost).why };
  }
  const data = JSON.parse((event as ServerSentEvent).data) as unknown;
  switch (event.event) {
    case 'progress':
      return { kind: 'progress', progress: data as RunProgress };
    case 'live': {
      const { offset, ...live } = data as LiveEvent & { readonly offset: LiveOffset };
      return { kind: 'live', offset, event: live as LiveEvent };
    }
    case 'lost':
      return { kind: 'lost', ...(data as { readonly events: number | null }) };
    case 'waiting':
      return { kind: 'waiting', ...(data as { readonly reason: string }) };
    case 'result':
      return { kind: 'ended', run: data as RunDetail };
    default:
      return null;
  }
}

async function waitForNothing(
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<readonly LiveItem[]> {
  await withinMs(new Promise<never>(() => undefined), waitMs, signal);
  return [];
}

/** @returns `null` when time was over, or the signal raised, before. */
function withinMs<Value>(
  value: Promise<Value>,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<Value | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => done(null), waitMs);
    const stop = (): void => done(null);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
    value.then(done, stop);
    function done(found: Value | null): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      resolve(found);
    }
  });
}
