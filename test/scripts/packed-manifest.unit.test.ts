// Proves what the built package says of itself, by the manifest of this checkout.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packedManifest } from '../../scripts/packed-manifest.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
  string,
  Record<string, string>
>;
const packed = packedManifest(manifest) as {
  exports: Record<string, string | { types: string; default: string }>;
  bin: Record<string, string>;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
};

describe('packedManifest', () => {
  it('entries → JavaScript with its declarations, each of a source that is there', () => {
    expect(Object.keys(packed.exports)).toEqual(Object.keys(manifest['exports'] ?? {}));
    expect(packed.exports['./package.json']).toBe('./package.json');
    for (const entry of Object.values(packed.exports)) {
      if (typeof entry === 'string') continue;
      expect(entry.types).toBe(entry.default.replace(/\.js$/, '.d.ts'));
      expect(existsSync(join(ROOT, entry.default.replace(/\.js$/, '.ts'))), entry.default).toBe(
        true,
      );
    }
  });

  it('the command → the built entry point, whose source says what runs it', () => {
    const source = join(ROOT, (packed.bin['ostinato'] ?? '').replace(/\.js$/, '.ts'));
    expect(readFileSync(source, 'utf8').split('\n')[0]).toBe('#!/usr/bin/env node');
  });

  it('what is needed to run → all of it, once; what may fail to install is optional', () => {
    const { dependencies, optionalDependencies } = packed;
    expect({ ...dependencies, ...optionalDependencies }).toEqual(manifest['dependencies']);
    expect(Object.keys(optionalDependencies)).toEqual(['faiss-node']);
    expect(dependencies).not.toHaveProperty('faiss-node');
  });

  it('the checkout itself, whose TypeScript no project could load → refuses to be packed', () => {
    const { status, stderr } = spawnSync('npm', ['pack', '--dry-run'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(status).not.toBe(0);
    expect(stderr).toContain('npm run build && npm pack ./dist');
  });

  it('what is for work in the checkout → left out', () => {
    for (const key of ['devDependencies', 'scripts', 'overrides', 'allowScripts']) {
      expect(packed).not.toHaveProperty(key);
    }
  });
});
