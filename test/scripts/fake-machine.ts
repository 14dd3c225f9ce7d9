// A machine of its own for a test: an empty checkout, an empty cache, and a PATH on which only the
// commands exist that the test writes.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stepContext } from '../../scripts/bootstrap/step-context.mjs';

export function fakeMachine(variables: Readonly<Record<string, string>> = {}) {
  const base = mkdtempSync(join(tmpdir(), 'ostinato-machine-'));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  const bin = join(base, 'bin');
  const root = join(base, 'checkout');
  const cache = join(base, 'cache');
  mkdirSync(bin);
  mkdirSync(root);
  for (const tool of ['env', 'sh', 'cat', 'cp', 'mkdir', 'touch', 'sleep', 'tar']) {
    symlinkSync(join(tool === 'env' ? '/usr/bin' : '/bin', tool), join(bin, tool));
  }
  const env: NodeJS.ProcessEnv = { PATH: bin, HOME: base, ...variables };
  const said: string[] = [];

  function file(path: string, text: string) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }
  function command(name: string, script: string, directory = bin) {
    chmodSync(file(join(directory, name), `#!/bin/sh\n${script}\n`), 0o755);
  }
  command('sudo', 'shift; exec "$@"');

  return {
    base,
    bin,
    root,
    cache,
    env,
    said,
    file,
    command,
    /** A context as runSteps gives it to a step, with logging on. */
    context(name: string, signal?: AbortSignal) {
      const say = (text: string) => void said.push(text);
      const context = stepContext(name, { root, cache, env }, { say, ...(signal && { signal }) });
      context.startLog();
      return context;
    },
  };
}
