// Proves that the built package works in somebody else's project: its types, its import, its command,
// with nothing beside it but what its manifest names. Built for real; the packages that it depends on
// are links to those of this checkout, and no others are there.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);
let project: string;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'ostinato-package-'));
  const modules = join(project, 'node_modules');
  const out = join(modules, 'ostinato');
  await run(process.execPath, [join(ROOT, 'scripts', 'build.mjs'), '--out', out]);
  const manifest = JSON.parse(readFileSync(join(out, 'package.json'), 'utf8')) as {
    dependencies: object;
  };
  for (const name of [...Object.keys(manifest.dependencies), '@types/node']) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(project, 'package.json'), '{"type": "module"}');
}, 300_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('the built package', () => {
  it('its command → says its version and what there is', async () => {
    const command = join(project, 'node_modules', 'ostinato', 'client', 'cli', 'main.js');
    const { stdout: version } = await run(process.execPath, [command, '--version']);
    const { stdout: help } = await run(process.execPath, [command, '--help']);
    expect(version.trim()).toMatch(/^\d+\.\d+\.\d+$/);
    expect(help).toContain('Usage: ostinato');
  });

  it('a program that imports it → gets what the sources export', async () => {
    const program = "import * as it from 'ostinato'; console.log(Object.keys(it).sort().join());";
    writeFileSync(join(project, 'names.js'), program);
    const { stdout } = await run(process.execPath, [join(project, 'names.js')]);
    const sources = await import('../../client/index.ts');
    expect(stdout.trim().split(',')).toEqual(Object.keys(sources).sort());
  });

  it('a program in strict TypeScript → its types hold, and a mistake is found', async () => {
    const good = `import { connect, startAgent, type AgentResult } from 'ostinato';
      const ostinato = await connect({ address: '127.0.0.1:7233' });
      const run = await startAgent(ostinato, { goal: 'Read package.json', runId: 'a' });
      export const result: AgentResult = await run.result();\n`;
    expect(await typesOf(good)).toBe('');
    expect(await typesOf(good.replace('goal:', 'gaol:'))).toContain("'gaol' does not exist");
  });

  async function typesOf(program: string): Promise<string> {
    writeFileSync(join(project, 'program.ts'), program);
    const options = { module: 'nodenext', target: 'es2022', strict: true, skipLibCheck: true };
    const compilerOptions = { ...options, noEmit: true, types: ['node'] };
    const config = { compilerOptions, files: ['program.ts'] };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    return run(process.execPath, [tsc, '-p', project]).then(
      () => '',
      (error: { readonly stdout: string }) => error.stdout,
    );
  }
}, 120_000);
