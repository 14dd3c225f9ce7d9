// Proves rows A1 to A4 of the fault matrix: a process that is killed around a call loses no effect
// and repeats none. The process kills itself at a failpoint; a second process then makes the same
// call anew. Database, registry, connection and server are real, and what counts is the server's
// own journal.
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDatabase } from '../../../services/database/open-database.ts';
import type { CrashRun, CrashRunEnd } from './call-and-crash.ts';

const PROGRAM = join(import.meta.dirname, 'call-and-crash.ts');
const SERVER = join(import.meta.dirname, '../../support/journal-server.ts');

// Up to four processes in turn, each of which opens a database.
vi.setConfig({ testTimeout: 180_000 });

let home: string;
let rooms = 0;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'ostinato-crash-'));
  // Made once and copied: a new database takes seconds.
  await (await openDatabase({ kind: 'pglite', dir: join(home, 'new') })).close();
});
afterAll(() => rm(home, { recursive: true, force: true }));

interface Room {
  readonly run: Omit<CrashRun, 'crashAt' | 'decision'>;
  journal(kind: 'request' | 'effect'): Promise<readonly { readonly receipt?: string }[]>;
}

async function newRoom(tool: string, effect: CrashRun['effect']): Promise<Room> {
  rooms += 1;
  const dir = join(home, `room-${rooms}`);
  const journal = `${dir}.journal`;
  await cp(join(home, 'new'), dir, { recursive: true });
  return {
    run: { dir, server: SERVER, journal, tool, effect },
    async journal(kind) {
      const text = await readFile(journal, 'utf8').catch(() => '');
      const lines = text.split('\n').filter((line) => line !== '');
      return lines
        .map((line) => JSON.parse(line) as { kind: string; receipt?: string })
        .filter((line) => line.kind === kind);
    },
  };
}

/** @returns how the call ended, or `null` where the process was killed. */
async function attempt(
  room: Room,
  { crashAt = null, decision = null }: Partial<Pick<CrashRun, 'crashAt' | 'decision'>> = {},
): Promise<CrashRunEnd | null> {
  const run = JSON.stringify({ ...room.run, crashAt, decision } satisfies CrashRun);
  const child = spawn(process.execPath, [PROGRAM, run], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let problem = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (problem += chunk.toString()));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on('close', (...end) => resolve(end)),
  );
  if (signal === 'SIGKILL') return null;
  if (code !== 0) throw new Error(`The child ended with ${code}: ${problem}`);
  return JSON.parse(out) as CrashRunEnd;
}

async function counts(room: Room) {
  return {
    requests: (await room.journal('request')).length,
    effects: (await room.journal('effect')).length,
  };
}

describe('process killed around a non-idempotent call', () => {
  it('A1: before it was sent → the next attempt acts, exactly once', async () => {
    const room = await newRoom('pay', 'non-idempotent');
    expect(await attempt(room, { crashAt: 'before-sent' })).toBeNull();
    expect(await counts(room)).toEqual({ requests: 0, effects: 0 });
    const end = await attempt(room);
    expect(end).toMatchObject({ failure: null, unknown: [] });
    expect(await counts(room)).toEqual({ requests: 1, effects: 1 });
    expect((await room.journal('effect'))[0]?.receipt).toBe(end?.text);
  });

  it('A2: marked as sent, before the wire → unknown, never sent on its own; retry acts once', async () => {
    const room = await newRoom('pay', 'non-idempotent');
    expect(await attempt(room, { crashAt: 'after-sent' })).toBeNull();
    for (let again = 0; again < 2; again += 1) {
      const end = await attempt(room);
      expect(end?.failure?.type).toBe('Tool.OutcomeUnknown');
      expect(end?.failure?.message).toContain('"bank/pay"');
      expect(end?.failure?.message).toContain('"t:default:run:1/pay/1"');
      expect(end?.unknown).toEqual(['t:default:run:1/pay/1']);
    }
    expect(await counts(room)).toEqual({ requests: 0, effects: 0 });
    const decided = await attempt(room, { decision: 'retry' });
    expect(decided).toMatchObject({ failure: null, unknown: [] });
    expect(await counts(room)).toEqual({ requests: 1, effects: 1 });
  });

  it('A3: answered, not recorded → unknown, one effect, never sent again', async () => {
    const room = await newRoom('pay', 'non-idempotent');
    expect(await attempt(room, { crashAt: 'after-wire' })).toBeNull();
    expect(await counts(room)).toEqual({ requests: 1, effects: 1 });
    expect((await attempt(room))?.failure?.type).toBe('Tool.OutcomeUnknown');
    const given = await attempt(room, { decision: 'abort' });
    expect(given).toMatchObject({ failure: null, unknown: [] });
    expect(given?.text).toContain('A person ended this call');
    expect(await counts(room)).toEqual({ requests: 1, effects: 1 });
  });

  it('A4: recorded, not reported → the answer comes from the ledger, nothing is sent', async () => {
    const room = await newRoom('pay', 'non-idempotent');
    expect(await attempt(room, { crashAt: 'after-done' })).toBeNull();
    const end = await attempt(room);
    expect(end?.failure).toBeNull();
    expect((await room.journal('effect'))[0]?.receipt).toBe(end?.text);
    expect(await counts(room)).toEqual({ requests: 1, effects: 1 });
  });
});

describe('process killed around a keyed call', () => {
  it('A2: marked as sent, before the wire → sent with the same key, acts once', async () => {
    const room = await newRoom('pay-once', 'keyed');
    expect(await attempt(room, { crashAt: 'after-sent' })).toBeNull();
    expect(await attempt(room)).toMatchObject({ failure: null, unknown: [] });
    expect(await counts(room)).toEqual({ requests: 1, effects: 1 });
  });

  it('A3: answered, not recorded → two requests, one effect, the same answer', async () => {
    const room = await newRoom('pay-once', 'keyed');
    expect(await attempt(room, { crashAt: 'after-wire' })).toBeNull();
    const end = await attempt(room);
    expect(end?.failure).toBeNull();
    expect((await room.journal('effect'))[0]?.receipt).toBe(end?.text);
    expect(await counts(room)).toEqual({ requests: 2, effects: 1 });
  });

  it('A4: recorded, not reported → the answer comes from the ledger, nothing is sent', async () => {
    const room = await newRoom('pay-once', 'keyed');
    expect(await attempt(room, { crashAt: 'after-done' })).toBeNull();
    expect((await attempt(room))?.failure).toBeNull();
    expect(await counts(room)).toEqual({ requests: 1, effects: 1 });
  });
});
