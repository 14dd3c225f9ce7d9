import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TenantId } from '../../../common/tenant.ts';
import type { ToolId, ToolResult } from '../../../common/tool.ts';
import type { Database } from '../../../services/database/database.ts';
import type {
  EffectCall,
  EffectLedger,
  EffectStart,
  SendPermit,
} from '../../../services/ledger/effect-ledger.ts';
import { createEffectLedger } from '../../../services/ledger/effect-ledger.ts';
import { newTenant } from './new-tenant.ts';

/**
 * The ledger's law: what may have been sent is never handed out again (but for `keyed`), what is
 * done is answered from the row, what was not sent starts anew, and an attempt that was overtaken
 * writes nothing.
 */
export function effectLedgerCases(open: () => Database): void {
  describe('effect ledger', () => {
    let ledger: EffectLedger;
    let tenantId: TenantId;
    const key = 'run-1/step/1';
    beforeAll(() => {
      ledger = createEffectLedger(open());
    });
    beforeEach(() => {
      tenantId = newTenant();
    });

    const callOf = (other: Partial<EffectCall> = {}): EffectCall => ({
      ...{ tenantId, key, effect: 'non-idempotent', fingerprint: 'f1', argsDigest: 'a1' },
      tool: 'mail/send' as ToolId,
      ...other,
    });
    const begin = async (other: Partial<EffectCall> = {}): Promise<SendPermit> =>
      permitOf(await ledger.begin(callOf(other)));

    describe('begin', () => {
      it('first attempt → may send; nothing else is known', async () => {
        expect(await ledger.begin(callOf())).toMatchObject({ kind: 'send', resend: false });
      });

      it('done before → the answer as it was given, for every further attempt', async () => {
        const result: ToolResult = {
          isError: true,
          content: [{ kind: 'text', text: 'z \u0000 ü' }],
          structured: { z: 1, a: [null] },
          artifact: { artifactId: 'x', mediaType: 'application/json', bytes: 1, sha256: 's' },
        };
        await ledger.done(await ledger.sent(await begin()), result);
        for (let attempt = 0; attempt < 3; attempt += 1) {
          const start = await ledger.begin(callOf());
          expect(start).toEqual({ kind: 'done', result });
          expect(JSON.stringify(start)).toContain('{"z":1,"a":[null]}');
        }
      });

      it('sent and not answered → unknown, then and ever after', async () => {
        await ledger.sent(await begin());
        for (let attempt = 0; attempt < 3; attempt += 1) {
          expect(await ledger.begin(callOf())).toMatchObject({ kind: 'unknown' });
        }
        expect(await ledger.begin(callOf({ effect: 'compensable' }))).toMatchObject({
          kind: 'unknown',
        });
      });

      it('keyed, sent and not answered → sent again, as often as it takes', async () => {
        await ledger.sent(await begin(keyed));
        const second = await begin(keyed);
        expect(second.resend).toBe(true);
        await ledger.sent(second);
        const third = await ledger.sent(await begin(keyed));
        await ledger.done(third, answer('once'));
        expect(await ledger.begin(callOf(keyed))).toEqual({ kind: 'done', result: answer('once') });
      });

      it('sent as non-idempotent, keyed since → unknown: the first send may not have been dropped', async () => {
        await ledger.sent(await begin());
        expect(await ledger.begin(callOf(keyed))).toMatchObject({ kind: 'unknown' });
      });

      it('sent as keyed, non-idempotent since → unknown', async () => {
        await ledger.sent(await begin(keyed));
        expect(await ledger.begin(callOf())).toMatchObject({ kind: 'unknown' });
      });

      it('intent only, or not sent → may send, also with other arguments', async () => {
        await begin();
        const second = await begin({ argsDigest: 'a2' });
        await ledger.notSent(second, 'The server was not reached.');
        const third = await ledger.sent(await begin({ argsDigest: 'a3' }));
        await ledger.done(third, answer('x'));
        expect(await ledger.begin(callOf({ argsDigest: 'a3' }))).toMatchObject({ kind: 'done' });
      });

      it('given up before it was sent → yes, and the attempt that comes back may not send', async () => {
        const { tenantId, key } = callOf();
        expect(await ledger.giveUp(tenantId, key)).toBe(true);
        const late = await begin();
        expect(await ledger.giveUp(tenantId, key)).toBe(true);
        expect(await ledger.giveUp(tenantId, key)).toBe(true);
        await expect(ledger.sent(late)).rejects.toMatchObject({ type: 'Conflict' });
      });

      it('given up once it may have been sent → no, and nothing changes', async () => {
        const { tenantId, key } = callOf();
        const sent = await ledger.sent(await begin());
        expect(await ledger.giveUp(tenantId, key)).toBe(false);
        await ledger.done(sent, answer('x'));
        expect(await ledger.giveUp(tenantId, key)).toBe(false);
        expect(await ledger.begin(callOf())).toMatchObject({ kind: 'done' });
      });

      it('done, and the key comes with another tool or other arguments → refused by name', async () => {
        await ledger.done(await ledger.sent(await begin()), answer('x'));
        await expect(ledger.begin(callOf({ argsDigest: 'a2' }))).rejects.toMatchObject({
          type: 'Conflict',
          message: expect.stringMatching(/"run-1\/step\/1".*"mail\/send" with other arguments/s),
        });
        await expect(ledger.begin(callOf({ tool: 'mail/drop' as ToolId }))).rejects.toMatchObject({
          type: 'Conflict',
        });
      });

      it('same key of another tenant → another call', async () => {
        await ledger.done(await ledger.sent(await begin()), answer('x'));
        const other = callOf({ tenantId: 'other' as TenantId });
        expect(await ledger.begin(other)).toMatchObject({ kind: 'send' });
        expect(await ledger.listUnknown('other' as TenantId)).toEqual([]);
      });

      it('twenty attempts at once, each sends as soon as it may → one is sent', async () => {
        const ends = await Promise.allSettled(
          Array.from({ length: 20 }, async () => ledger.sent(await begin())),
        );
        expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      });
    });

    describe('fences', () => {
      it('overtaken before sending → must not send', async () => {
        const zombie = await begin();
        const next = await begin();
        await expect(ledger.sent(zombie)).rejects.toMatchObject({
          type: 'Conflict',
          retry: { allowed: false },
        });
        await ledger.done(await ledger.sent(next), answer('next'));
        expect(await ledger.begin(callOf())).toEqual({ kind: 'done', result: answer('next') });
      });

      it('overtaken after sending → its answer is refused, and nobody sends again', async () => {
        const zombie = await ledger.sent(await begin());
        expect(await ledger.begin(callOf())).toMatchObject({ kind: 'unknown' });
        await expect(ledger.done(zombie, answer('late'))).rejects.toMatchObject({
          type: 'Conflict',
        });
        await ledger.notSent(zombie, 'late');
        expect(await ledger.begin(callOf())).toMatchObject({ kind: 'unknown' });
      });

      it('keyed, overtaken after sending → the later attempt writes the answer', async () => {
        const zombie = await ledger.sent(await begin(keyed));
        const next = await ledger.sent(await begin(keyed));
        await expect(ledger.done(zombie, answer('first'))).rejects.toMatchObject({
          type: 'Conflict',
        });
        await ledger.done(next, answer('second'));
      });

      it('permit used twice → the second send is refused', async () => {
        const permit = await begin();
        await ledger.sent(permit);
        await expect(ledger.sent(permit)).rejects.toMatchObject({ type: 'Conflict' });
      });

      it('done without sent → refused', async () => {
        const permit = await begin();
        await expect(ledger.done(permit, answer('x'))).rejects.toMatchObject({ type: 'Conflict' });
      });

      it('keyed, sent before, now not sent → still counts as sent', async () => {
        await ledger.sent(await begin(keyed));
        const second = await ledger.sent(await begin(keyed));
        await ledger.notSent(second, 'The server was not reached.');
        expect(await ledger.begin(callOf())).toMatchObject({ kind: 'unknown' });
      });
    });

    describe('unknown ends', () => {
      async function makeUnknown(): Promise<void> {
        await ledger.unknown(await ledger.sent(await begin()), 'The connection ended.');
      }
      const listed = async () =>
        (await ledger.listUnknown(tenantId)).find((each) => each.key === key);

      it('unknown → listed with tool and reason, for its tenant only', async () => {
        await makeUnknown();
        expect(await listed()).toMatchObject({
          tool: 'mail/send',
          reason: 'The connection ended.',
        });
        expect(await ledger.listUnknown('other' as TenantId)).toEqual([]);
      });

      it('abandoned by a crash → listed once the next attempt has come', async () => {
        await ledger.sent(await begin());
        expect(await listed()).toBeUndefined();
        await ledger.begin(callOf());
        expect(await listed()).toMatchObject({ tool: 'mail/send' });
      });

      it('retry → sent exactly once more', async () => {
        await makeUnknown();
        await ledger.resolve(tenantId, key, 'retry');
        await ledger.sent(await begin());
        expect(await ledger.begin(callOf())).toMatchObject({ kind: 'unknown' });
      });

      it('done → its answer is the one given', async () => {
        await makeUnknown();
        await ledger.resolve(tenantId, key, 'done', answer('seen in the mailbox'));
        expect(await ledger.begin(callOf())).toEqual({
          kind: 'done',
          result: answer('seen in the mailbox'),
        });
        expect(await listed()).toBeUndefined();
      });

      it('done without an answer → refused, still unknown', async () => {
        await makeUnknown();
        await expect(ledger.resolve(tenantId, key, 'done')).rejects.toMatchObject({
          type: 'BadInput',
        });
        expect(await listed()).toBeDefined();
      });

      it('abort → attempts get an error result and send nothing', async () => {
        await makeUnknown();
        await ledger.resolve(tenantId, key, 'abort');
        const start = await ledger.begin(callOf());
        expect(start).toMatchObject({ kind: 'done', result: { isError: true } });
      });

      it('decided twice, or never unknown → refused by name', async () => {
        await makeUnknown();
        await ledger.resolve(tenantId, key, 'abort');
        for (const other of [key, 'no-such-key']) {
          await expect(ledger.resolve(tenantId, other, 'retry')).rejects.toMatchObject({
            type: 'Conflict',
            message: expect.stringContaining(`"${other}"`),
          });
        }
        await expect(ledger.resolve('other' as TenantId, key, 'retry')).rejects.toMatchObject({
          type: 'Conflict',
        });
      });

      it('overtaken attempt after a decision to retry → writes nothing', async () => {
        const zombie = await ledger.sent(await begin());
        await ledger.begin(callOf());
        await ledger.resolve(tenantId, key, 'retry');
        await expect(ledger.done(zombie, answer('late'))).rejects.toMatchObject({
          type: 'Conflict',
        });
        expect(await ledger.begin(callOf())).toMatchObject({ kind: 'send' });
      });
    });
  });
}

const keyed = { effect: 'keyed' } as const;

function answer(text: string): ToolResult {
  return { isError: false, content: [{ kind: 'text', text }], structured: null, artifact: null };
}

function permitOf(start: EffectStart): SendPermit {
  if (start.kind !== 'send') throw new Error(`Not to be sent: ${JSON.stringify(start)}`);
  return start;
}
