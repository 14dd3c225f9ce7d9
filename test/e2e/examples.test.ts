// Proves that every example runs and checks itself: each `examples/*/main.ts` but the demo, which
// has a test of its own, against a running engine; found from the folder, never from a list.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StandaloneProcess } from '../support/standalone.ts';
import { startStandaloneProcess } from '../support/standalone.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const examples = readdirSync(join(ROOT, 'examples')).filter(
  (name) => name !== 'demo' && existsSync(join(ROOT, 'examples', name, 'main.ts')),
);

let dir: string;
let engine: StandaloneProcess;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-examples-'));
  engine = await startStandaloneProcess({
    dataDir: join(dir, 'data'),
    serversFile: join(ROOT, 'examples', 'servers.json'),
    env: { OSTINATO_MEMORY_FILE: join(dir, 'memory.jsonl') },
  });
});

afterAll(async () => {
  await engine?.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('examples', () => {
  it('the folder → has the three that are promised', () => {
    expect(examples).toEqual(
      expect.arrayContaining(['backend-service', 'plan-from-file', 'scheduled-agent']),
    );
  });

  it.each(examples)(
    '%s → exits with 0 and says that all is as expected',
    async (name) => {
      const child = spawn(process.execPath, [join('examples', name, 'main.ts')], {
        cwd: ROOT,
        env: { ...process.env, OSTINATO_DATA_DIR: join(dir, 'data') },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const ended = once(child, 'close') as Promise<[number | null]>;
      const [out, errors, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        ended,
      ]);
      expect(errors).toBe('');
      expect(out).toContain('As expected');
      expect(code).toBe(0);
    },
    90_000,
  );
});
