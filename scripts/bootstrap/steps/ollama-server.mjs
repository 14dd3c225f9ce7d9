import { chmodSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall } from '../apt.mjs';
import { goInstall } from '../go.mjs';
import { isExecutable, onPath } from '../on-path.mjs';

/** Versions 0.11 and 0.12 do not build from a module proxy. */
const MODULE = 'github.com/ollama/ollama@v0.6.5';
const REMEDY = 'Put Ollama on PATH, or install Go 1.25 or newer and a C++ compiler.';

/** @type {import('../steps.mjs').Step} */
export const ollamaServer = {
  name: 'ollama',
  needs: [],
  essential: true,

  async check({ env, cache, run }) {
    for (const file of [onPath('ollama', env.PATH), join(cache, 'bin', 'ollama')]) {
      if (!file || !isExecutable(file)) continue;
      const { ok, stdout, tail } = await run(file, ['--version'], { timeoutMs: 20_000 });
      const version = /version is ([^\s]+)/.exec(`${stdout}${tail ?? ''}`)?.[1];
      if (ok) return `${version ? `version ${version}, ` : ''}${file}`;
    }
    return undefined;
  },

  /** Its model runner is C++: this build needs a compiler, and computes on the processor alone. */
  async make(context) {
    if (!onPath('g++', context.env.PATH)) await aptInstall(context, ['g++']);
    const temp = context.tempDir();
    await goInstall(context, temp, {
      module: MODULE,
      flags: ['-ldflags=-s -w'],
      env: { CGO_ENABLED: '1' },
      what: 'Ollama',
      remedy: REMEDY,
    });
    chmodSync(join(temp, 'ollama'), 0o755);
    mkdirSync(join(context.cache, 'bin'), { recursive: true });
    renameSync(join(temp, 'ollama'), join(context.cache, 'bin', 'ollama'));
  },
};
