// Proves where Ollama is taken from, and that it is built with a C++ compiler where it is nowhere.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ollamaServer } from '../../../../scripts/bootstrap/steps/ollama-server.mjs';
import { fakeMachine } from '../../fake-machine.ts';

const OLLAMA =
  'echo "Warning: could not connect to a running Ollama instance"; echo "Warning: client version is 0.6.5"';

/** A `go install` that notes how it was called and writes a working `ollama`. */
function fakeGo(base: string) {
  return `if [ "$1" = version ]; then echo "go version go1.26.8 linux/amd64"; exit; fi
    echo "$CGO_ENABLED|$*" > ${base}/calls
    printf '#!/bin/sh\\n%s\\n' '${OLLAMA}' > $GOBIN/ollama`;
}

describe('ollamaServer', () => {
  it('nothing anywhere → has to be made; on PATH → that one, with its version', async () => {
    const { context, command, bin } = fakeMachine();
    expect(await ollamaServer.check(context('ollama'))).toBeUndefined();
    command('ollama', OLLAMA);
    expect(await ollamaServer.check(context('ollama'))).toBe(
      `version 0.6.5, ${join(bin, 'ollama')}`,
    );
  });

  it('compiler and Go there → built with cgo into the cache', async () => {
    const { context, command, base, cache } = fakeMachine();
    command('g++', 'exit 0');
    command('go', fakeGo(base));
    await ollamaServer.make(context('ollama'));
    expect(readFileSync(join(base, 'calls'), 'utf8').trim()).toBe(
      '1|install -ldflags=-s -w github.com/ollama/ollama@v0.6.5',
    );
    expect(await ollamaServer.check(context('ollama'))).toContain(join(cache, 'bin', 'ollama'));
  });

  it('no compiler → apt is asked for one first', async () => {
    const { context, command, base, said } = fakeMachine();
    command('apt-get', 'exit 0');
    command('go', fakeGo(base));
    await ollamaServer.make(context('ollama'));
    expect(said).toContain('apt-get install g++');
  });

  it('the build fails → exit code and remedy; nothing in the cache', async () => {
    const { context, command, cache } = fakeMachine();
    command('g++', 'exit 0');
    command('go', 'if [ "$1" = version ]; then echo "go version go1.26.8"; exit; fi\nexit 1');
    await expect(ollamaServer.make(context('ollama'))).rejects.toMatchObject({
      message: 'go install of Ollama: exit code 1',
      remedy: expect.stringContaining('C++ compiler') as string,
    });
    expect(existsSync(join(cache, 'bin', 'ollama'))).toBe(false);
  });
});
