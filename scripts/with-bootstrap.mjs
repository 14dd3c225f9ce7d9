import { bootstrap } from './bootstrap.mjs';
import { runPinned } from './run-pinned.mjs';

const USAGE = `Usage: node scripts/with-bootstrap.mjs [--quiet] [--only NAMES] [--with NAMES] -- FILE [ARGUMENTS]
Sets this machine up, then runs FILE with the pinned Node. --quiet prints only what has to be made.
FILE finds the time that this took in OSTINATO_SETUP_MS.
`;

const split = process.argv.indexOf('--');
if (split === -1 || split === process.argv.length - 1) {
  process.stderr.write(USAGE);
  process.exit(1);
}
/** @param {string} name */
function option(name) {
  const at = process.argv.indexOf(name);
  return at !== -1 && at < split ? process.argv[at + 1] : undefined;
}

const only = option('--only');
const extras = option('--with');
const result = await bootstrap({
  quiet: option('--quiet') !== undefined,
  ...(only && { only }),
  ...(extras && { with: extras }),
}).catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
if (!result.ok) {
  process.stderr.write('The set-up is not complete: see the remedies above.\n');
  process.exit(1);
}
process.exitCode = await runPinned(process.argv.slice(split + 1), {
  OSTINATO_SETUP_MS: String(Math.round(result.seconds * 1000)),
});
