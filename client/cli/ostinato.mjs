#!/usr/bin/env node
// The `ostinato` command. An older Node does not run TypeScript as it stands, so that the pinned one
// (npm package `node`) takes over.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const isNewEnough = major > 22 || (major === 22 && minor >= 18);
const main = new URL('./main.ts', import.meta.url);

if (isNewEnough) {
  await import(main.href);
} else {
  const pinned = fileURLToPath(new URL('../../node_modules/node/bin/node', import.meta.url));
  if (!existsSync(pinned)) {
    process.stderr.write(
      `ostinato: Node ${process.versions.node} is older than 22.18, and the pinned one is not installed. Run "npm run bootstrap".\n`,
    );
    process.exit(1);
  }
  const args = ['--disable-warning=ExperimentalWarning', fileURLToPath(main)];
  const child = spawn(pinned, [...args, ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal sends Ctrl-C to both; what it means is for the other one to decide.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.once('exit', (code, signal) => {
    if (signal !== null) process.kill(process.pid, signal);
    else process.exit(code ?? 1);
  });
}
