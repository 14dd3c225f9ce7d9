// Proves that /mcp conforms to both protocol revisions for what it offers: the official suite, run as
// a program against a listening API. What it does not offer is in mcp-server-baseline.yaml, with the
// reason of each entry; the suite fails when one of them begins to pass. See the whole output with
//   npx vitest run test/conformance/mcp-server.test.ts --reporter=verbose
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../../api/server.ts';
import { fakeServices } from '../api/support/fake-services.ts';

const SUITE = join(
  import.meta.dirname,
  '../../node_modules/@modelcontextprotocol/conformance/dist/index.js',
);
const BASELINE = join(import.meta.dirname, 'mcp-server-baseline.yaml');

let server: FastifyInstance;
let url: string;
let folder: string;

beforeAll(async () => {
  server = createServer(fakeServices());
  url = `${await server.listen({ host: '127.0.0.1', port: 0 })}/mcp`;
  folder = await mkdtemp(join(tmpdir(), 'ostinato-conformance-'));
});

afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly code: number;
  readonly output: string;
  /** Scenarios without a failing check. */
  readonly passed: readonly string[];
}

function runSuite(what: readonly string[], baseline = BASELINE): Promise<Outcome> {
  const args = [SUITE, 'server', '--url', url, ...what];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [...args, '--expected-failures', baseline],
      // The suite writes its results into the folder in which it runs.
      { cwd: folder, timeout: 150_000, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const output = `${stdout}${stderr}`;
        const passed = [...output.matchAll(/^✓ ([\w-]+): (\d+) passed, 0 failed$/gm)];
        resolve({
          code: error === null ? 0 : Number(error.code ?? 1),
          output,
          passed: passed.filter(([, , checks]) => Number(checks) > 0).map(([, name]) => name ?? ''),
        });
      },
    );
  });
}

describe('the official suite', () => {
  it.each([
    ['2025-11-25', ['server-initialize', 'ping', 'tools-list', 'dns-rebinding-protection']],
    [
      '2026-07-28',
      [
        'tools-list',
        'server-sse-multiple-streams',
        'dns-rebinding-protection',
        'input-required-result-unsupported-methods',
        'input-required-result-validate-input',
        'http-header-validation',
      ],
    ],
  ])(
    'requirements of %s → nothing fails but what the baseline names',
    async (requirements, offered) => {
      const { code, output, passed } = await runSuite(['--requirements', requirements]);
      expect(passed, output).toEqual(expect.arrayContaining(offered));
      expect(code, output).toBe(0);
    },
    180_000,
  );

  it('a failure that the baseline does not name, or an entry that passes → the run fails', async () => {
    const codeOf = async (scenario: string, entries: readonly string[]): Promise<number> => {
      const file = join(folder, 'baseline.yaml');
      await writeFile(file, JSON.stringify({ server: entries }));
      return (await runSuite(['--scenario', scenario], file)).code;
    };
    expect(await codeOf('tools-call-image', ['tools-call-image'])).toBe(0);
    expect(await codeOf('tools-call-image', [])).not.toBe(0);
    expect(await codeOf('tools-list', [])).toBe(0);
    expect(await codeOf('tools-list', ['tools-list'])).not.toBe(0);
  }, 60_000);
});
