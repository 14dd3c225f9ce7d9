import type { OstinatoConnection, RunEvent } from '../client/index.ts';
import { followRun } from '../client/index.ts';
import type { ResolvedApiDeps } from './api-deps.ts';
import type { EventPlace } from './event-place.ts';
import { END_ID, formatPlace } from './event-place.ts';
import type { ServerEvent } from './event-stream.ts';
import { runLinks } from './routes/run-links.ts';

const EVERY_MS = 250;
const PAGE_WAIT_MS = 15_000;

/**
 * A run as server-sent events, from a place on: `progress`, `live`, `lost`, `waiting`, and `result` as
 * the last. Each id says all that was read until then.
 */
export async function* runServerEvents(
  deps: ResolvedApiDeps,
  connection: OstinatoConnection,
  runId: string,
  from: EventPlace,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  let place = from;
  const { tenantId } = connection.tenant;
  const events = followRun(connection, runId, {
    signal,
    everyMs: EVERY_MS,
    afterRevision: place.revision,
    ...(deps.live === undefined ? {} : { live: deps.live.open({ tenantId, runId }, place.offset) }),
  });
  for await (const event of events) {
    place = placeAfter(place, event);
    const id = formatPlace(place);
    switch (event.kind) {
      case 'progress':
        yield { event: 'progress', id, data: event.progress };
        break;
      case 'live':
        yield { event: 'live', id, data: { offset: event.offset, ...event.event } };
        break;
      case 'lost':
        yield { event: 'lost', data: { events: event.events } };
        break;
      case 'waiting':
        yield { event: 'waiting', data: { reason: event.reason } };
        break;
      case 'ended': {
        const data = { ...event.run, links: runLinks(deps, connection, event.run) };
        yield { event: 'result', id: END_ID, data };
      }
    }
  }
}

/** The side channel alone, until the client leaves. */
export async function* liveServerEvents(
  { live }: ResolvedApiDeps,
  { tenant }: OstinatoConnection,
  runId: string,
  from: EventPlace,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  const reader = live?.open({ tenantId: tenant.tenantId, runId }, from.offset);
  while (reader !== undefined && !signal.aborted) {
    for (const item of await reader.next(PAGE_WAIT_MS, signal)) {
      if (item.kind === 'lost') yield { event: 'lost', data: { events: item.events } };
      else {
        const { offset, event } = item;
        const id = formatPlace({ ...from, offset });
        yield { event: 'live', id, data: { offset, ...event } };
      }
    }
  }
}

function placeAfter(place: EventPlace, event: RunEvent): EventPlace {
  if (event.kind === 'progress') return { ...place, revision: event.progress.revision };
  return event.kind === 'live' ? { ...place, offset: event.offset } : place;
}
