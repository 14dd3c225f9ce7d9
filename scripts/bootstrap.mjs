import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheDir } from './bootstrap/cache-dir.mjs';
import { textReporter } from './bootstrap/reporter.mjs';
import { runSteps } from './bootstrap/run-steps.mjs';
import { BASE_STEPS, EXTRA_STEPS } from './bootstrap/steps.mjs';

export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

const ALL_STEPS = [...BASE_STEPS, ...EXTRA_STEPS];
const EXIT_INTERRUPTED = { SIGINT: 130, SIGTERM: 143 };

const HELP = `Gets everything that Ostinato needs on this machine. What is there already is kept.

Usage: npm run bootstrap -- [options]

  --with NAME[,NAME]   also: ${EXTRA_STEPS.map(({ name }) => name).join(', ')}
  --only NAME[,NAME]   nothing but: ${ALL_STEPS.map(({ name }) => name).join(', ')}
  --json               print one JSON object instead of lines
  --help               print this

Examples:
  npm run bootstrap
  npm run bootstrap -- --with redis,postgres
  npm run bootstrap -- --only faiss --json

Kept in $OSTINATO_CACHE_DIR, else $XDG_CACHE_HOME/ostinato, else ~/.cache/ostinato.
TEMPORAL_ADDRESS (host:port) and OSTINATO_MODEL_DIR replace the Temporal server and the model.
`;

/**
 * @typedef {{ ok: boolean, seconds: number, cacheDir: string,
 *   steps: import('./bootstrap/run-steps.mjs').StepResult[] }} BootstrapResult
 */

/**
 * The steps that a command line asks for.
 *
 * @param {{ with?: string, only?: string }} options comma-separated names
 * @throws {RangeError} on a name that is no step, listing those that are
 */
export function chooseSteps({ with: extras, only }) {
  if (only !== undefined) {
    const names = known('--only', only, ALL_STEPS);
    const needed = ALL_STEPS.filter(({ name }) => names.includes(name)).flatMap(
      ({ needs }) => needs,
    );
    return ALL_STEPS.filter(({ name }) => names.includes(name) || needed.includes(name));
  }
  const names = extras === undefined ? [] : known('--with', extras, ALL_STEPS);
  return ALL_STEPS.filter((step) => BASE_STEPS.includes(step) || names.includes(step.name));
}

/**
 * @param {string} option
 * @param {string} list
 * @param {readonly import('./bootstrap/steps.mjs').Step[]} steps
 */
function known(option, list, steps) {
  const names = list.split(',').map((name) => name.trim());
  const stranger = names.find((name) => !steps.some((step) => step.name === name));
  if (stranger === undefined) return names;
  const choice = steps.map(({ name }) => name).join(', ');
  throw new RangeError(
    `${option} does not know ${JSON.stringify(stranger)}. Choose from: ${choice}.`,
  );
}

/**
 * Sets this machine up. An interrupt (Ctrl-C) ends all children and the process.
 *
 * @param {{ with?: string, only?: string, quiet?: boolean,
 *   out?: { write: (text: string) => unknown, isTTY?: boolean } }} [options] `quiet` prints only
 *   what is made or fails; `out` is standard error by default
 * @returns {Promise<BootstrapResult>}
 */
export async function bootstrap({ quiet = false, out = process.stderr, ...names } = {}) {
  const begun = performance.now();
  const cache = cacheDir(process.env, homedir());
  const stop = new AbortController();
  const text = textReporter(out);
  const reporter = {
    progress: text.progress,
    done: (/** @type {import('./bootstrap/run-steps.mjs').StepResult} */ result) => {
      if (!quiet || result.outcome !== 'ready') text.done(result);
    },
  };
  const interrupt = (/** @type {'SIGINT' | 'SIGTERM'} */ name) => stop.abort(name);
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const places = { root: ROOT, cache, env: process.env, signal: stop.signal };
    const steps = await runSteps(chooseSteps(names), { ...places, reporter });
    const seconds = Math.round(performance.now() - begun) / 1000;
    const ok = steps.every(({ outcome }) => outcome !== 'failed' && outcome !== 'skipped');
    return { ok, seconds, cacheDir: cache, steps };
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    text.close();
    out.write('Interrupted. What was finished is kept.\n');
    const name = /** @type {'SIGINT' | 'SIGTERM'} */ (stop.signal.reason);
    return process.exit(EXIT_INTERRUPTED[name]);
  } finally {
    text.close();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      with: { type: 'string' },
      only: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const { json, help: _, ...names } = values;
  const out = json ? { write: () => {} } : process.stdout;
  const result = await bootstrap({ ...names, out });
  if (json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else
    process.stdout.write(
      `${result.ok ? 'Ready' : 'Not ready'} after ${result.seconds.toFixed(1)} s.\n`,
    );
  process.exitCode = result.ok ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main().catch((error) => {
    process.stderr.write(`${error.message}\nSee: npm run bootstrap -- --help\n`);
    process.exitCode = 1;
  });
}
