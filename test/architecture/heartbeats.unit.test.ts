// Proves that a worker that dies is noticed within the time for a beat, whichever activity it was at:
// each workflow's options say so, or give the activity no longer than that. Reads the sources, since
// a run goes on all the same, only later.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const WORKFLOWS = join(import.meta.dirname, '..', '..', 'workflows');
/** Its whole time is that of a beat. */
const SHORT = ['keep-stopped.ts'];

const files = readdirSync(WORKFLOWS).filter((name) =>
  /\bproxyActivities</.test(readFileSync(join(WORKFLOWS, name), 'utf8')),
);

it('the files that call activities → found', () => {
  expect(files.length).toBeGreaterThanOrEqual(8);
  expect(files).toEqual(expect.arrayContaining(SHORT));
});

it.each(files)('%s → its activities beat, or are over as soon', (name) => {
  const source = readFileSync(join(WORKFLOWS, name), 'utf8');
  if (SHORT.includes(name)) expect(source).toContain(`startToCloseTimeout: '10 seconds'`);
  else expect(source).toContain('heartbeatTimeout: HEARTBEAT_TIMEOUT_MS');
});
