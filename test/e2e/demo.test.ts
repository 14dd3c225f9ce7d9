// Proves the main job, as `npm run demo` does it once the machine is set up: real servers over four
// transports, an agent on this repository's files, the figures, and nothing left behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DemoSummary } from '../../examples/demo/summarise.ts';

const ROOT = join(import.meta.dirname, '..', '..');

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-demo-test-'));
});

afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function runDemo(args: readonly string[]) {
  const child = spawn(process.execPath, ['examples/demo/main.ts', ...args], {
    cwd: ROOT,
    // Its temporary folder lies in ours, so that what is left of it is seen.
    env: { ...process.env, ...NO_PROVIDERS, TMPDIR: dir, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { out, errors, code };
}

const NO_PROVIDERS = {
  OPENAI_API_KEY: '',
  ANTHROPIC_API_KEY: '',
  GEMINI_API_KEY: '',
  GOOGLE_API_KEY: '',
  OLLAMA_HOST: '127.0.0.1:1',
};

describe('npm run demo', () => {
  it('no key, no service → does the main job, says how, and leaves nothing', async () => {
    const file = join(dir, 'figures.json');
    const { out, errors, code } = await runDemo(['--json', file]);
    expect(errors).toBe('');
    expect(code).toBe(0);
    expect(out).toContain('offline planner');
    expect(out).toMatch(/In parallel +\S+ \+ /);
    expect(out).toMatch(/Temporal UI +http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\//);
    expect(out).toMatch(/API +http:\/\/127\.0\.0\.1:\d+\/v1\/runs\//);

    const figures = JSON.parse(await readFile(file, 'utf8')) as DemoSummary;
    expect(figures).toMatchObject({ outcome: 'answered', planner: 'offline', servers: 7 });
    expect(figures.transports).toEqual(['http', 'sse', 'stdio', 'websocket']);
    expect(figures.toolsIndexed).toBeGreaterThanOrEqual(35);
    const used = figures.toolsUsed;
    expect(used.length).toBeGreaterThanOrEqual(5);
    expect(new Set(used.map((tool) => tool.split('/')[0])).size).toBeGreaterThanOrEqual(3);
    expect(figures.sequentialMs).toBeGreaterThan(figures.wallMs);

    const left = (await readdir(dir)).filter((name) => name !== 'figures.json');
    expect(left).toEqual([]);
  }, 180_000);

  it('a goal that leaves something open → asks for it, exit code 1', async () => {
    const { out, code } = await runDemo(['--goal', 'Echo']);
    expect(code).toBe(1);
    expect(out).toContain('message');
  }, 180_000);
});
