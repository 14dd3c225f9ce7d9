import type { FastifyReply } from 'fastify';

/** Gives each call a signal that fires when its client goes or the server closes. */
export function createCallSignals(closing: AbortSignal): (reply: FastifyReply) => AbortSignal {
  const open = new Set<AbortController>();
  const closeAll = (): void => {
    for (const call of open) call.abort(closing.reason);
  };
  closing.addEventListener('abort', closeAll, { once: true });
  return ({ raw }) => {
    const call = new AbortController();
    open.add(call);
    raw.once('close', () => {
      open.delete(call);
      if (!raw.writableFinished) call.abort(new Error('The client is gone.'));
    });
    if (closing.aborted) closeAll();
    return call.signal;
  };
}
