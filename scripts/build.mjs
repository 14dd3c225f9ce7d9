import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, bootstrap } from './bootstrap.mjs';
import { packedManifest } from './packed-manifest.mjs';
import { runPinned } from './run-pinned.mjs';

/** What goes into the package as it is: what the code reads at run time, and what people read. */
const ASSETS = ['services/database/migrations', 'README.md', 'LICENSE', 'docs', '.env.example'];

const { values } = parseArgs({ options: { out: { type: 'string', default: 'dist' } } });
const out = resolve(ROOT, values.out);
const { ok } = await bootstrap({ only: 'npm', quiet: true });
if (!ok) process.exit(1);
rmSync(out, { recursive: true, force: true });
const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const exitCode = await runPinned([tsc, '-p', 'tsconfig.build.json', '--outDir', out]);
if (exitCode !== 0) process.exit(exitCode);
for (const asset of ASSETS) cpSync(join(ROOT, asset), join(out, asset), { recursive: true });
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const packed = `${JSON.stringify(packedManifest(manifest), null, 2)}\n`;
writeFileSync(join(out, 'package.json'), packed);
process.stdout.write(`${values.out} is the package: npm pack ./${values.out}\n`);
