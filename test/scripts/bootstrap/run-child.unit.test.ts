// Proves how a child that misbehaves is reported, and that nothing it started outlives it, with
// small shell scripts as children.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { runChild } from '../../../scripts/bootstrap/run-child.mjs';
import { fakeMachine } from '../fake-machine.ts';

/** A killed orphan stays in the table as a zombie where nothing reaps it. */
function isRunning(pid: number) {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('runChild', () => {
  it('exit code 0 → ok, with standard output alone in stdout', async () => {
    const result = await runChild('sh', ['-c', 'echo out; echo err >&2'], {});
    expect(result).toMatchObject({ ok: true, reason: '', stdout: 'out\n' });
    expect(result.tail.split('\n').sort()).toEqual(['err', 'out']);
  });

  it('another exit code → the code, and the last 15 lines in order', async () => {
    const script = 'i=0; while [ $i -lt 40 ]; do echo line $i; i=$((i+1)); done; exit 3';
    const result = await runChild('sh', ['-c', script], {});
    expect(result).toMatchObject({ ok: false, reason: 'exit code 3' });
    expect(result.tail.split('\n')).toHaveLength(15);
    expect(result.tail).toMatch(/^line 25\n[^]*line 39$/);
  });

  it('a command that does not exist → a result, not an exception', async () => {
    const result = await runChild('no-such-command', [], {});
    expect(result.ok).toBe(false);
    expect(result.reason).toContain('no-such-command');
  });

  it('no end in time → ended together with what it started', async () => {
    const { base } = fakeMachine();
    const pidFile = join(base, 'pid');
    const script = `sleep 60 & echo $! > ${pidFile}; wait`;
    const result = await runChild('sh', ['-c', script], { timeoutMs: 300 });
    expect(result).toMatchObject({ ok: false, reason: 'no end after 0.3 s' });
    const grandchild = Number(readFileSync(pidFile, 'utf8'));
    await vi.waitFor(() => expect(isRunning(grandchild)).toBe(false));
  });

  it('interrupt → stopped', async () => {
    const stop = new AbortController();
    const running = runChild('sleep', ['60'], { signal: stop.signal });
    stop.abort();
    expect(await running).toMatchObject({ ok: false, reason: 'stopped' });
    expect(await runChild('sleep', ['60'], { signal: stop.signal })).toMatchObject({ ok: false });
  });

  it('a log → holds the command and both outputs', async () => {
    const { base } = fakeMachine();
    const log = join(base, 'child.log');
    await runChild('sh', ['-c', 'echo out; echo err >&2'], { log });
    expect(existsSync(log)).toBe(true);
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    expect(lines[0]).toBe('$ sh -c echo out; echo err >&2');
    expect(lines.slice(1).sort()).toEqual(['err', 'out']);
  });
});
