#!/usr/bin/env node
// Entry point of the `ostinato` command.
import { readFile } from 'node:fs/promises';
import type { CliProcess } from './context.ts';
import { openBrowser } from './open-browser.ts';
import { runCli } from './run-cli.ts';

/** A terminal that does not say; what is no terminal has room for all. */
const WIDTH_WHEN_UNKNOWN = 100;

const cliProcess: CliProcess = {
  env: process.env,
  out: (chunk) => void process.stdout.write(chunk),
  err: (chunk) => void process.stderr.write(chunk),
  isTty: process.stdout.isTTY === true && process.env['TERM'] !== 'dumb',
  width: () =>
    process.stdout.isTTY === true
      ? process.stdout.columns || WIDTH_WHEN_UNKNOWN
      : Number.POSITIVE_INFINITY,
  height: () => process.stdout.rows || Number.POSITIVE_INFINITY,
  openBrowser: (url) => openBrowser(url, process.env),
  stdin: () => process.stdin,
  onInterrupt(callback) {
    process.on('SIGINT', callback);
    return () => process.off('SIGINT', callback);
  },
};

// `ostinato runs list | head`: whoever reads has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

async function version(): Promise<string> {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version;
}

process.exitCode = await runCli(process.argv.slice(2), cliProcess, await version());
