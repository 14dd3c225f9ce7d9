// Proves the sum and exit code of .ci/run for every way its two suites can end, with an `npm` that
// prints what the test tells it to.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fakeMachine } from './fake-machine.ts';

const SCRIPT = fileURLToPath(new URL('../../.ci/run', import.meta.url));

interface Suite {
  readonly prints: string;
  readonly code?: number;
}

function ci(main: Suite, live: Suite) {
  const { base, bin, command } = fakeMachine();
  const act = ({ prints, code = 0 }: Suite) => `printf '${prints}'; exit ${code}`;
  command('npm', `if [ "$*" = test ]; then ${act(main)}; else ${act(live)}; fi`);
  const run = spawnSync('bash', [SCRIPT], {
    cwd: base,
    env: { PATH: `${bin}:${process.env.PATH}`, CI: 'true', TMPDIR: base },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  const lines = run.stdout.trimEnd().split('\n');
  return { code: run.status, last: lines.at(-1), lines, file: join(base, 'npm') };
}

describe('.ci/run', () => {
  it('both suites pass → shows both outputs, sums, exits 0', () => {
    const { code, last, lines } = ci(
      { prints: 'some test\\n120 passed, 0 failed\\n' },
      { prints: 'a live test\\n7 passed, 0 failed\\n' },
    );
    expect({ code, last }).toEqual({ code: 0, last: '127 passed, 0 failed' });
    expect(lines).toEqual(expect.arrayContaining(['some test', 'a live test']));
  });

  it('a failure in either → summed, exits 1, and the other suite still runs', () => {
    const bad = { prints: '3 passed, 2 failed\\n', code: 1 };
    const good = { prints: '5 passed, 0 failed\\n' };
    expect(ci(bad, good)).toMatchObject({ code: 1, last: '8 passed, 2 failed' });
    expect(ci(good, bad)).toMatchObject({ code: 1, last: '8 passed, 2 failed' });
  });

  it('a suite without a count → one failure', () => {
    const good = { prints: '5 passed, 0 failed\\n' };
    expect(ci({ prints: 'npm ERR! boom\\n', code: 1 }, good)).toMatchObject({
      code: 1,
      last: '5 passed, 1 failed',
    });
    expect(ci({ prints: '' }, good)).toMatchObject({ code: 1, last: '5 passed, 1 failed' });
  });

  it('a suite that exits 1 with a clean count → one failure', () => {
    const good = { prints: '5 passed, 0 failed\\n' };
    expect(ci({ prints: '0 passed, 0 failed\\n', code: 1 }, good)).toMatchObject({
      code: 1,
      last: '5 passed, 1 failed',
    });
  });
});
