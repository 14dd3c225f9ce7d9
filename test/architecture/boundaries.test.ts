// Proves that the import rules hold and that they still bite: a rule that reads no files reports no
// violations, so the test also counts what was read and plants a leak.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ICruiseResult } from 'dependency-cruiser';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDERS = [
  'common',
  'workflows',
  'activities',
  'services',
  'workers',
  'client',
  'api',
  'sdk',
];
const config = createRequire(import.meta.url)(join(ROOT, '.dependency-cruiser.cjs')) as {
  forbidden: object[];
  options: { doNotFollow: object; enhancedResolveOptions: object };
};

async function judge(baseDir: string, folders: readonly string[]): Promise<ICruiseResult> {
  const { output } = await cruise(
    [...folders],
    {
      ruleSet: { forbidden: config.forbidden as never },
      validate: true,
      baseDir,
      doNotFollow: config.options.doNotFollow,
      tsPreCompilationDeps: false,
      exclude: { path: '^(test/architecture/leak|dist|api/dashboard)/' },
    },
    { ...config.options.enhancedResolveOptions },
    { tsConfig: extractTSConfig(join(ROOT, 'tsconfig.json')) },
  );
  if (typeof output === 'string') throw new Error('Expected a result, got text.');
  return output;
}

function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
}

describe('import rules', () => {
  it('the tree as it is → no violation, and every workflow file was read', async () => {
    const { summary, modules } = await judge(ROOT, [...FOLDERS, 'examples', 'scripts', 'test']);
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual(
      [],
    );
    const read = modules.filter(({ source }) => source.startsWith('workflows/'));
    expect(read.length).toBeGreaterThanOrEqual(filesUnder('workflows').length);
    expect(modules.some(({ source }) => source.startsWith('services/'))).toBe(true);
  }, 120_000);

  it('a workflow that reaches a service through common/ → workflows-are-closed fails', async () => {
    const leak = join(import.meta.dirname, 'leak');
    const { summary } = await judge(leak, ['workflows', 'common', 'services']);
    const broken = summary.violations.map(({ rule }) => rule.name);
    expect(broken).toContain('workflows-are-closed');
    expect(broken).toContain('common-is-the-floor');
  }, 120_000);

  it('every folder → no comment that switches a rule off', () => {
    const switches = /(?:ox|es)lint-disable|dependency-cruiser-disable|@ts-nocheck|@ts-ignore/;
    const found = FOLDERS.flatMap((folder) =>
      filesUnder(folder)
        .map((file) => join(folder, file))
        .filter((file) => !file.includes('node_modules'))
        .filter((file) => switches.test(readFileSync(join(ROOT, file), 'utf8'))),
    );
    expect(found).toEqual([]);
  });
});
