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
        await ledger.done(await begin(), result);
        for (let attempt = 0; attempt < 3; attempt += 1) {
          const start = await ledger.begin(callOf());
          expect(start).toEqual({ kind: 'done', result });
          expect(JSON.stringify(start)).toContain('{"z":1,"a":[null]}');
        }
      });

      it('sent and not answered → unknown, then and ever after', async () => {
        await begin();
        for (let attempt = 0; attempt < 3; attempt += 1) {
          expect(await ledger.begin(callOf())).toMatchObject({ kind: 'unknown' });
        }
        expect(await ledger.begin(callOf({ effect: 'compensable' }))).toMatchObject({
          kind: 'unknown',
        });
      });

      it('keyed, sent and not answered → sent again, as often as it takes', async () => {
        await begin(keyed);
        expect((await begin(keyed)).resend).toBe(true);
        const third = await begin(keyed);
        await ledger.done(third, answer('once'));
        expect(await ledger.begin(callOf(keyed))).toEqual({ kind: 'done', result: answer('once') });
      });

      it('keyed, sent, and the key comes with other arguments or another tool → not sent again', async () => {
        await begin({ effect: 'keyed' });
        const other = callOf({ effect: 'keyed', argsDigest: 'a2' });
        expect(await ledger.begin(other)).toMatchObject({ kind: 'unknown' });
        const key2 = 'run-1/step/2';
        await begin({ effect: 'keyed', key: key2 });
        const tool = 'mail/other' as ToolId;
        expect(await ledger.begin(callOf({ effect: 'keyed', key: key2, tool }))).toMatchObject({
          kind: 'unknown',
        });
      });

      it('sent as non-idempotent, keyed since → unknown: the first send may not have been dropped', async () => {
        await begin();
        expect(await ledger.begin(callOf(keyed))).toMatchObject({ kind: 'unknown' });
      });

      it('sent as keyed, non-idempotent since → unknown', async () => {
        await begin(keyed);
        expect(await ledger.begin(callOf())).toMatchObject({ kind: 'unknown' });
      });

      it('intent only, or not sent → may send, also with other arguments', async () => {
        await ledger.begin(callOf(), 'INTENT');
        const second = await begin({ argsDigest: 'a2' });
        await ledger.notSent(second, 'The server was not reached.');
        const third = await begin({ argsDigest: 'a3' });
        await ledger.done(third, answer('x'));
        expect(await ledger.begin(callOf({ argsDigest: 'a3' }))).toMatchObject({ kind: 'done' });
      });

      it('given up before it was sent → yes, and no attempt may send, however late it comes', async () => {
        const late = permitOf(await ledger.begin(callOf(), 'INTENT'));
        for (const name of [key, 'never-begun']) {
          for (let again = 0; again < 2; again += 1) {
            expect(await ledger.giveUp(tenantId, name)).toBe(true);
          }
          for (const as of ['SENT', 'INTENT'] as const) {
            await expect(ledger.begin(callOf({ key: name }), as)).rejects.toMatchObject({
              type: 'Conflict',
              message: expect.stringContaining('was given up and not sent'),
            });
          }
        }
        await ledger.notSent(late, 'late');
        await expect(ledger.begin(callOf())).rejects.toMatchObject({ type: 'Conflict' });
      });

      it('given up once it may have been sent → no, and nothing changes', async () => {
        const sent = await begin();
        expect(await ledger.giveUp(tenantId, key)).toBe(false);
        await ledger.done(sent, answer('x'));
        expect(await ledger.giveUp(tenantId, key)).toBe(false);
        expect(await ledger.begin(callOf())).toMatchObject({ kind: 'done' });
      });

      it('sent, done or unknown → may have acted; never begun, not sent or given up → not', async () => {
        const mayHaveActed = (): Promise<boolean> => ledger.mayHaveActed(tenantId, key);
        expect(await mayHaveActed()).toBe(false);
        await ledger.notSent(await begin(), 'busy');
        expect(await mayHaveActed()).toBe(false);
        const permit = await begin();
        expect(await mayHaveActed()).toBe(true);
        expect(await ledger.mayHaveActed(newTenant(), key)).toBe(false);
        await ledger.unknown(permit, 'late');
        expect(await mayHaveActed()).toBe(true);
        await ledger.resolve(tenantId, key, 'done', answer('x'));
        expect(await mayHaveActed()).toBe(true);
      });

      it('done, and the key comes with another tool or other arguments → refused by name', async () => {
        await ledger.done(await begin(), answer('x'));
        await expect(ledger.begin(callOf({ argsDigest: 'a2' }))).rejects.toMatchObject({
          type: 'Conflict',
          message: expect.stringMatching(/"run-1\/step\/1".*"mail\/send" with other arguments/s),
        });
        await expect(ledger.begin(callOf({ tool: 'mail/drop' as ToolId }))).rejects.toMatchObject({
          type: 'Conflict',
        });
      });

      it('same key of another tenant → another call', async () => {
        await ledger.done(await begin(), answer('x'));
        const other = callOf({ tenantId: 'other' as TenantId });
        expect(await ledger.begin(other)).toMatchObject({ kind: 'send' });
        expect(await ledger.listUnknown('other' as TenantId)).toEqual([]);
      });

      it('same key and fence of another tenant → its end is another one', async () => {
        const [mine, theirs] = [await begin(), await begin({ tenantId: newTenant() })];
        await ledger.done(mine, answer('mine'));
        expect(await ledger.begin(callOf())).toMatchObject({ kind: 'done' });
        await ledger.unknown(theirs, 'theirs');
        expect(await ledger.listUnknown(tenantId)).toEqual([]);
        expect(await ledger.listUnknown(theirs.tenantId)).toMatchObject([{ reason: 'theirs' }]);
        const aside = ledger.resolve(tenantId, key, 'abort');
        await expect(aside).rejects.toMatchObject({ type: 'Conflict' });
        expect(await ledger.listUnknown(theirs.tenantId)).toHaveLength(1);
      });

      it('twenty attempts at once → one may send', async () => {
        const starts = await Promise.all(Array.from({ length: 20 }, () => ledger.begin(callOf())));
        expect(starts.filter(({ kind }) => kind === 'send')).toHaveLength(1);
      });

      it('many calls at once, one of them refused → each has its own end', async () => {
        const keys = Array.from({ length: 30 }, (_, at) => `run-2/${at}`);
        await ledger.done(await begin({ key: 'run-2/3' }), answer('before'));
        const starts = await Promise.allSettled(
          keys.map((each, at) =>
            // No text in PostgreSQL holds a NUL.
            ledger.begin(callOf({ key: each, argsDigest: at === 7 ? 'a\u0000' : 'a1' })),
          ),
        );
        expect(starts[3]).toMatchObject({ value: { kind: 'done', result: answer('before') } });
        expect(starts[7]).toMatchObject({ reason: { type: 'Unavailable' } });
        const sent = starts.flatMap((each) =>
          each.status === 'fulfilled' && each.value.kind === 'send' ? [each.value] : [],
        );
        expect(sent).toHaveLength(28);
        await Promise.all(sent.map((permit) => ledger.done(permit, answer(permit.key))));
        for (const at of [0, 29]) {
          const result = answer(`run-2/${at}`);
          expect(await ledger.begin(callOf({ key: `run-2/${at}` }))).toEqual({
            kind: 'done',
            result,
          });
        }
      });

      it('as INTENT: never sent → may send later; sent before → its end counts', async () => {
        expect(await ledger.begin(callOf(), 'INTENT')).toMatchObject({ kind: 'send' });
        await ledger.done(await begin(), answer('x'));
        expect(await ledger.begin(callOf(), 'INTENT')).toMatchObject({ kind: 'done' });
        const other = callOf({ key: 'run-1/other/1' });
        await ledger.begin(other);
        expect(await ledger.begin(other, 'INTENT')).toMatchObject({ kind: 'unknown' });
      });
    });

    describe('fences', () => {
      it('overtaken before sending → writes nothing', async () => {
        const zombie = permitOf(await ledger.begin(callOf(), 'INTENT'));
        const next = await begin();
        await ledger.notSent(zombie, 'late');
        await expect(ledger.done(zombie, answer('late'))).rejects.toMatchObject({
          type: 'Conflict',
          retry: { allowed: false },
        });
        await ledger.done(next, answer('next'));
        expect(await ledger.begin(callOf())).toEqual({ kind: 'done', result: answer('next') });
      });

      it('overtaken after sending → its answer is refused, and nobody sends again', async () => {
        const zombie = await begin();
        expect(await ledger.begin(callOf())).toMatchObject({ kind: 'unknown' });
        await expect(ledger.done(zombie, answer('late'))).rejects.toMatchObject({
          type: 'Conflict',
        });
        await ledger.notSent(zombie, 'late');
        expect(await ledger.begin(callOf())).toMatchObject({ kind: 'unknown' });
      });

      it('keyed, overtaken after sending → the later attempt writes the answer', async () => {
        const zombie = await begin(keyed);
        const next = await begin(keyed);
        await expect(ledger.done(zombie, answer('first'))).rejects.toMatchObject({
          type: 'Conflict',
        });
        await ledger.done(next, answer('second'));
      });

      it('answered twice → the second answer is refused', async () => {
        const permit = await begin();
        await ledger.done(permit, answer('first'));
        await expect(ledger.done(permit, answer('second'))).rejects.toMatchObject({
          type: 'Conflict',
        });
      });

      it('done without sent → refused', async () => {
        const permit = permitOf(await ledger.begin(callOf(), 'INTENT'));
        await expect(ledger.done(permit, answer('x'))).rejects.toMatchObject({ type: 'Conflict' });
      });

      it('keyed, sent before, now not sent → still counts as sent', async () => {
        await begin(keyed);
        const second = await begin(keyed);
        await ledger.notSent(second, 'The server was not reached.');
        expect(await ledger.begin(callOf())).toMatchObject({ kind: 'unknown' });
      });
    });

    describe('unknown ends', () => {
      async function makeUnknown(): Promise<void> {
        await ledger.unknown(await begin(), 'The connection ended.');
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

      it('the reason holds what no SQL text can → listed all the same', async () => {
        const permit = await begin();
        await ledger.unknown(permit, 'It said \u0000 and half of \ud83d.');
        expect(await listed()).toMatchObject({ reason: 'It said \uFFFD and half of \uFFFD.' });
        const other = await begin({ key: 'run-1/other/1' });
        await ledger.notSent(other, '\u0000');
        expect(await ledger.begin(callOf({ key: 'run-1/other/1' }))).toMatchObject({
          kind: 'send',
        });
      });

      it('abandoned by a crash → listed once the next attempt has come', async () => {
        await begin();
        expect(await listed()).toBeUndefined();
        await ledger.begin(callOf());
        expect(await listed()).toMatchObject({ tool: 'mail/send' });
      });

      it('retry → sent exactly once more', async () => {
        await makeUnknown();
        await ledger.resolve(tenantId, key, 'retry');
        await begin();
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
        const zombie = await begin();
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
