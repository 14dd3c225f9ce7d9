import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, delimiter, join } from 'node:path';
import { ROOT, bootstrap } from './bootstrap.mjs';
import { pinnedNode } from './bootstrap/step-context.mjs';

const PARALLEL = 2;
const CRUISED = [
  'common',
  'workflows',
  'activities',
  'services',
  'workers',
  'client',
  'api',
  'sdk',
  'examples',
  'scripts',
  'test',
];

/** The longest first, so that they overlap. Each: name, file of the tool, arguments. */
const CHECKS = [
  ['tests', 'vitest/vitest.mjs', 'run', '--project=unit', '--reporter=dot', '--passWithNoTests'],
  ['types', 'typescript/bin/tsc', '--noEmit'],
  [
    'imports',
    'dependency-cruiser/bin/dependency-cruiser.mjs',
    '--cache=node_modules/.cache/dependency-cruiser',
    '--cache-strategy=content',
    ...CRUISED.filter((folder) => existsSync(join(ROOT, folder))),
  ],
  [
    'format',
    'prettier/bin/prettier.cjs',
    '--check',
    '--log-level=warn',
    '--cache',
    '--cache-strategy=content',
    '.',
  ],
  ['lint', 'oxlint/bin/oxlint', '--deny-warnings', '.'],
];

const HELP = `Checks format, lint, import rules, types and unit tests. Needs no network and no server.

Usage: npm run check [-- NAME ...]     names: ${CHECKS.map(([name]) => name).join(', ')}

Examples:
  npm run check
  npm run check -- types tests
`;

const names = process.argv.slice(2);
const stranger = names.find((name) => !CHECKS.some(([known]) => known === name));
if (stranger !== undefined) {
  process.stdout.write(
    stranger === '--help' ? HELP : `No check ${JSON.stringify(stranger)}.\n${HELP}`,
  );
  process.exit(stranger === '--help' ? 0 : 1);
}
const { ok } = await bootstrap({ only: 'npm', quiet: true });
if (!ok) process.exit(1);

const waiting = CHECKS.filter(([name]) => names.length === 0 || names.includes(String(name)));
const total = waiting.length;
let failed = 0;
await Promise.all(
  Array.from({ length: PARALLEL }, async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      if (!(await run(check))) failed += 1;
    }
  }),
);
process.stdout.write(`${total - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

/**
 * Runs one check; its output is shown when it fails.
 *
 * @param {readonly string[]} check
 * @returns {Promise<boolean>}
 */
function run([name, tool, ...args]) {
  const begun = performance.now();
  const node = pinnedNode(ROOT);
  const env = { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) };
  const child = spawn(node, [join(ROOT, 'node_modules', String(tool)), ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      process.stdout.write(`${code === 0 ? '✓' : '✗'} ${String(name).padEnd(8)}  ${seconds} s\n`);
      if (code !== 0) process.stdout.write(`${output.trimEnd().replace(/^/gm, '    ')}\n`);
      resolve(code === 0);
    });
  });
}
