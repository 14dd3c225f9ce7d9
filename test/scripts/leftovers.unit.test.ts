// Proves that a process which outlives the suite is seen, with its ports, and that one which was
// there before, or ends in time, is not.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { leftovers, markedProcesses } from '../../scripts/leftovers.mjs';

const MARK = `ostinato-leftover-${process.pid}`;
const LISTENER = `require('node:net').createServer().listen(0, '127.0.0.1', () => console.log('up'))`;

async function startListener() {
  const child = spawn(process.execPath, ['-e', LISTENER, MARK], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  return child;
}

describe('leftovers', () => {
  it('a process with an open port → found, with its port; once it is gone → not', async () => {
    const before = markedProcesses([MARK]);
    expect(before).toEqual([]);
    const child = await startListener();
    const [left] = await leftovers([MARK], before, 0);
    expect(left).toMatchObject({ pid: child.pid, ports: 1 });
    expect(left?.handles).toBeGreaterThan(2);
    const gone = once(child, 'exit');
    child.kill();
    await gone;
    expect(await leftovers([MARK], before, 5_000)).toEqual([]);
  });

  it('a process that was there before → none of the suite', async () => {
    const child = await startListener();
    const before = markedProcesses([MARK]);
    expect(before).toHaveLength(1);
    expect(await leftovers([MARK], before, 0)).toEqual([]);
    const gone = once(child, 'exit');
    child.kill();
    await gone;
  });
});
