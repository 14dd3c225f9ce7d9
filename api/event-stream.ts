import { toErrorAnswer } from './error-answer.ts';

/** One server-sent event; `data` travels as JSON. */
export interface ServerEvent {
  readonly event: string;
  readonly id?: string;
  readonly data: unknown;
}

/**
 * Events as text/event-stream, with a comment after each silence so that proxies keep the line
 * open and a client that is gone is noticed. Ends with its source, or when `signal` is raised.
 */
export async function* eventStream(
  source: AsyncGenerator<ServerEvent>,
  options: { readonly heartbeatMs: number; readonly signal: AbortSignal },
): AsyncGenerator<string> {
  yield 'retry: 2000\n\n';
  let next = source.next();
  try {
    for (;;) {
      const event = await orSilence(next, options);
      if (event === 'closed') return;
      if (event === 'silence') {
        yield ': still here\n\n';
        continue;
      }
      if (event.done === true) return;
      yield format(event.value);
      next = source.next();
    }
  } catch (error) {
    // The headers are sent: an event is the only way left to say it.
    const { type, message } = toErrorAnswer(error);
    yield format({ event: 'error', data: { type, message } });
  } finally {
    next.catch(() => undefined);
    void source.return(undefined).catch(() => undefined);
  }
}

/** JSON has no line breaks, so that data is always one line. */
function format({ event, id, data }: ServerEvent): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return `${idLine}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

type Next = IteratorResult<ServerEvent, unknown>;

function orSilence(
  next: Promise<Next>,
  { heartbeatMs, signal }: { readonly heartbeatMs: number; readonly signal: AbortSignal },
): Promise<Next | 'silence' | 'closed'> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(() => resolve('silence')), heartbeatMs);
    const onAbort = (): void => finish(() => resolve('closed'));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    next.then(
      (value) => finish(() => resolve(value)),
      (error: unknown) => finish(() => reject(error as Error)),
    );
    function finish(settle: () => void): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      settle();
    }
  });
}
