import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, bootstrap } from './bootstrap.mjs';
import { countTests } from './count-tests.mjs';
import { runPinned } from './run-pinned.mjs';

const SUITES = {
  /** Everything but what needs a whole system up. */
  main: { projects: ['unit', 'integration'], extras: 'redis,postgres', mayBeEmpty: false },
  /** test/live: whole systems, one at a time. */
  live: { projects: ['live'], extras: 'redis,postgres', mayBeEmpty: true },
};

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
    return countTests(existsSync(report) ? readFileSync(report, 'utf8') : undefined, exitCode);
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

/** @param {string} directory */
function hasTests(directory) {
  if (!existsSync(directory)) return false;
  return readdirSync(directory, { recursive: true }).some((name) =>
    String(name).endsWith('.test.ts'),
  );
}
