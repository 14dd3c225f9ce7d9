import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, bootstrap } from './bootstrap.mjs';
import { runPinned } from './run-pinned.mjs';

/** What the code reads at run time beside itself. */
const ASSETS = ['services/database/migrations'];

const { ok } = await bootstrap({ only: 'npm', quiet: true });
if (!ok) process.exit(1);
const dist = join(ROOT, 'dist');
rmSync(dist, { recursive: true, force: true });
const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const exitCode = await runPinned([tsc, '-p', 'tsconfig.build.json']);
for (const asset of ASSETS) cpSync(join(ROOT, asset), join(dist, asset), { recursive: true });
process.exitCode = exitCode;
