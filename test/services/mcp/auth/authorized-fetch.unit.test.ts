// Proves that requests carry the token that holds, are sent again a bounded number of times when they
// are refused for it, and are left alone when they fail for anything else. By hand-made answers.
import { describe, expect, it } from 'vitest';
import { FAILURE } from '../../../../common/failures.ts';
import type { Refusal } from '../../../../services/mcp/auth/access-session.ts';
import { authorizedFetch } from '../../../../services/mcp/auth/authorized-fetch.ts';

const refused = (status: number, challenge = '') =>
  new Response('', { status, headers: { 'www-authenticate': challenge } });

/** A server that gives these answers in turn, and a session whose tokens are numbers. */
function stage(...answers: Response[]) {
  const sent: { token: string | null; body: unknown }[] = [];
  const refusals: Refusal[] = [];
  const fetch = authorizedFetch(
    (_url, init) => {
      const token = new Headers(init?.headers).get('authorization');
      sent.push({ token, body: init?.body });
      return Promise.resolve(answers.shift() ?? new Response('fine'));
    },
    {
      token: () => Promise.resolve(refusals.length === 0 ? null : String(refusals.length)),
      renew: (refusal) => Promise.resolve(void refusals.push(refusal)),
    },
    'web',
  );
  const ask = (init: RequestInit = {}) => fetch('https://example.com/mcp', init);
  return { ask, sent, refusals };
}

describe('a request', () => {
  it('refused for its token → sent again as it was, with another', async () => {
    const { ask, sent, refusals } = stage(refused(401, 'Bearer scope="a b"'));
    expect(await (await ask({ method: 'POST', body: 'words' })).text()).toBe('fine');
    expect(sent).toEqual([
      { token: null, body: 'words' },
      { token: 'Bearer 1', body: 'words' },
    ]);
    expect(refusals).toEqual([{ kind: 'login', scope: 'a b', resourceMetadataUrl: null }]);
  });

  it('refused for want of a scope → the scope is asked for', async () => {
    const { ask, refusals } = stage(refused(403, 'Bearer error="insufficient_scope", scope="x"'));
    expect((await ask()).status).toBe(200);
    expect(refusals).toMatchObject([{ kind: 'scope', scope: 'x' }]);
  });

  it('refused each time → given up after three, and not tried again', async () => {
    const { ask, sent } = stage(refused(401), refused(401), refused(401), refused(401));
    await expect(ask()).rejects.toMatchObject({
      type: FAILURE.toolUnavailable,
      retry: { allowed: false },
      sent: false,
    });
    expect(sent).toHaveLength(3);
  });

  it.each([
    ['403 for another reason', refused(403, 'Bearer error="access_denied"')],
    ['404', refused(404)],
    ['500', refused(500)],
  ])('%s → handed on as it is', async (_what, answer) => {
    const { ask, sent } = stage(answer);
    expect(await ask()).toBe(answer);
    expect(sent).toHaveLength(1);
  });

  it.each(['a\u00e9b', `${'x'.repeat(5_000)}`, 'a  b'])(
    'refused with a scope that is none → no scope is asked for',
    async (scope) => {
      const { ask, refusals } = stage(refused(401, `Bearer scope="${scope}"`));
      await ask();
      expect(refusals).toMatchObject([{ scope: null }]);
    },
  );

  it('given up while a token is got → ends with the reason, at once', async () => {
    const reason = new Error('enough');
    const fetch = authorizedFetch(
      () => Promise.resolve(refused(401)),
      { token: () => new Promise(() => {}), renew: () => Promise.resolve() },
      'web',
    );
    const asked = fetch('https://example.com/mcp', { signal: AbortSignal.abort(reason) });
    await expect(asked).rejects.toBe(reason);
  });
});
