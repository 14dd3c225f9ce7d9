import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, bootstrap } from './bootstrap.mjs';
import { cacheDir } from './bootstrap/cache-dir.mjs';
import { countTests } from './count-tests.mjs';
import { leftovers, markedProcesses } from './leftovers.mjs';
import { runPinned } from './run-pinned.mjs';

const SUITES = {
  /** Everything but what needs a whole system up. */
  main: { projects: ['unit', 'integration'], extras: 'redis,postgres', mayBeEmpty: false },
  /** test/live: whole systems, one at a time. */
  live: { projects: ['live'], extras: 'redis,postgres,ollama,smollm2', mayBeEmpty: true },
};

/** What shows that a process belongs to the tests: this folder, the cache, their temporary folders. */
const MARKS = [ROOT, cacheDir(process.env, homedir()), join(tmpdir(), 'ostinato-')];
const PATIENCE_MS = 10_000;

const HELP = `Sets this machine up and runs the tests; the last line is the count.

Usage: npm test [-- VITEST ARGUMENTS]        all but test/live
       npm run test:live [-- VITEST ARGUMENTS]

Examples:
  npm test
  npm test -- test/services/mcp
  npm test -- -t 'unknown tool'
`;

const [suiteName = 'main', ...args] = process.argv.slice(2);
const suite = SUITES[/** @type {keyof typeof SUITES} */ (suiteName)];
if (!suite || args.includes('--help')) {
  process.stdout.write(HELP);
  process.exit(suite ? 0 : 1);
}
const { passed, failed } = await run(suite, args);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || (passed === 0 && !suite.mayBeEmpty) ? 1 : 0;

/**
 * @param {(typeof SUITES)[keyof typeof SUITES]} suite
 * @param {readonly string[]} args for Vitest
 */
async function run({ projects, extras, mayBeEmpty }, args) {
  if (mayBeEmpty && !hasTests(join(ROOT, 'test', 'live'))) return { passed: 0, failed: 0 };
  const { ok } = await bootstrap({ with: extras });
  if (!ok) {
    process.stderr.write('The set-up is not complete, so no test ran: see the remedies above.\n');
    return { passed: 0, failed: 1 };
  }
  const before = markedProcesses(MARKS);
  const temp = mkdtempSync(join(tmpdir(), 'ostinato-test-'));
  const report = join(temp, 'report.json');
  try {
    const exitCode = await runPinned([
      join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      ...projects.map((name) => `--project=${name}`),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...args,
    ]);
    const text = existsSync(report) ? readFileSync(report, 'utf8') : undefined;
    const counts = countTests(text, exitCode);
    return (await nothingIsLeft(before))
      ? { ...counts, passed: counts.passed + 1 }
      : { ...counts, failed: counts.failed + 1 };
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

/**
 * Processes, with their ports and handles, before the suite and after it: counts as one more test.
 *
 * @param {readonly import('./leftovers.mjs').Running[]} before
 */
async function nothingIsLeft(before) {
  const left = await leftovers(MARKS, before, PATIENCE_MS);
  for (const { pid, command, ports, handles } of left) {
    process.stdout.write(`Left behind: ${pid} (${ports} ports, ${handles} handles) ${command}\n`);
  }
  process.stdout.write(
    `Processes of this project before the suite: ${before.length}; started by it and still there: ${left.length}\n`,
  );
  return left.length === 0;
}

/** @param {string} directory */
function hasTests(directory) {
  if (!existsSync(directory)) return false;
  return readdirSync(directory, { recursive: true }).some((name) =>
    String(name).endsWith('.test.ts'),
  );
}
