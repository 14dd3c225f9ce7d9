import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { FAILURE } from '../../../common/failures.ts';
import { fixtureAnswer, fixtureBody } from '../../support/fake-llm/fixture.ts';
import { freePort } from '../../support/free-port.ts';
import { selfSigned } from '../../support/self-signed.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { DialectSetup } from './set-up-dialect.ts';

/** What can happen to a connection. */
export function connectionCases({
  under,
  dialect,
  closers,
  start,
  gatewayAt,
  failure,
}: DialectSetup): void {
  describe(`${dialect}: connections`, () => {
    it('nobody listens → Llm.Unavailable, may be retried, names the code', async () => {
      const { complete } = gatewayAt(under.config(`http://127.0.0.1:${await freePort()}`));
      const error = await failure(complete());
      expect(error).toMatchObject({ type: FAILURE.llmUnavailable, retry: { allowed: true } });
      expect(error.message).toContain('ECONNREFUSED');
    });

    it('TLS to a port that speaks none → Llm.Unavailable, not retried', async () => {
      const { server } = await start({ kind: 'hang' });
      const { complete } = gatewayAt(under.config(server.url.replace('http:', 'https:')));
      const error = await failure(complete());
      expect(error).toMatchObject({ type: FAILURE.llmUnavailable, retry: { allowed: false } });
    });

    it('certificate that nobody vouches for → Llm.Unavailable, not retried, with the remedy', async () => {
      const server = createTlsServer(selfSigned()).listen(0, '127.0.0.1');
      closers.push(async () => void (await new Promise((resolve) => server.close(resolve))));
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const { complete } = gatewayAt(under.config(`https://127.0.0.1:${port}`));
      const error = await failure(complete());
      expect(error).toMatchObject({ type: FAILURE.llmUnavailable, retry: { allowed: false } });
      expect(error.message).toContain('NODE_EXTRA_CA_CERTS');
    });

    it.each(['reset', 'cut'] as const)(
      'connection %s → Llm.Unavailable, may be retried',
      async (kind) => {
        const body = fixtureBody(dialect, 'text');
        const { complete, server } = await start(kind === 'cut' ? { kind, body } : { kind });
        const error = await failure(complete());
        expect(error).toMatchObject({ type: FAILURE.llmUnavailable, retry: { allowed: true } });
        expect(server.journal).toHaveLength(1);
      },
    );

    it.each(['hang', 'stall'] as const)(
      'server that does %s → Llm.Timeout, the socket closed',
      async (kind) => {
        const body = fixtureBody(dialect, 'text');
        const { server } = await start(kind === 'stall' ? { kind, body } : { kind });
        const { complete } = gatewayAt({ ...under.config(server.url), timeoutMs: 300 });
        const error = await failure(complete());
        expect(error).toMatchObject({ type: FAILURE.llmTimeout, retry: { allowed: true } });
        expect(error.message).toContain('300 ms');
        await waitFor('the socket to close', () => server.abandoned() === 1);
      },
    );

    it.each(['hang', 'stall'] as const)(
      'cancelled during %s → the reason itself, the socket closed',
      async (kind) => {
        const body = fixtureBody(dialect, 'text');
        const { complete, server, outcomes } = await start(
          kind === 'stall' ? { kind, body } : { kind },
        );
        const controller = new AbortController();
        const reason = new Error('The run was cancelled.');
        const answer = complete({}, controller.signal);
        await waitFor('the request', () => server.journal.length === 1);
        controller.abort(reason);
        await expect(answer).rejects.toBe(reason);
        await waitFor('the socket to close', () => server.abandoned() === 1);
        expect(outcomes).toEqual([{ outcome: 'cancelled', usage: null }]);
      },
    );

    it('cancelled before → the reason, and no request', async () => {
      const { complete, server } = await start(fixtureAnswer(dialect, 'text'));
      const reason = new Error('The run was cancelled.');
      await expect(complete({}, AbortSignal.abort(reason))).rejects.toBe(reason);
      expect(server.journal).toHaveLength(0);
    });

    it('16 calls at once, one of them cancelled → the others answer', async () => {
      const { complete } = await start(fixtureAnswer(dialect, 'text'));
      const controller = new AbortController();
      const calls = Array.from({ length: 16 }, (_, index) =>
        complete({}, index === 3 ? controller.signal : new AbortController().signal),
      );
      controller.abort(new Error('not this one'));
      const ended = await Promise.allSettled(calls);
      expect(ended.map(({ status }) => status === 'fulfilled')).toEqual(
        ended.map((_, index) => index !== 3),
      );
    });
  });
}
