// Proves that Ostinato's MCP client conforms to both protocol revisions: the official suite starts
// test/support/conformance-client.ts against a server of its own for each scenario that it requires.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const PACKAGE = join(import.meta.dirname, '../../node_modules/@modelcontextprotocol/conformance');
const SUITE = join(PACKAGE, 'dist/index.js');
const CLIENT = join(import.meta.dirname, '../support/conformance-client.ts');

/** Of both revisions: logins of people, who the client is, and what is asked for. */
const LOGINS = [
  'auth/metadata-default',
  'auth/metadata-var1',
  'auth/metadata-var2',
  'auth/metadata-var3',
  'auth/basic-cimd',
  'auth/scope-from-www-authenticate',
  'auth/scope-from-scopes-supported',
  'auth/scope-omitted-when-undefined',
  'auth/scope-step-up',
  'auth/scope-retry-limit',
  'auth/token-endpoint-auth-basic',
  'auth/token-endpoint-auth-post',
  'auth/token-endpoint-auth-none',
  'auth/pre-registration',
];

const RUN: Readonly<Record<string, readonly string[]>> = {
  '2025-11-25': [
    'initialize',
    'tools_call',
    'sse-retry',
    'elicitation-sep1034-client-defaults',
    ...LOGINS,
  ],
  '2026-07-28': [
    'tools_call',
    'request-metadata',
    'http-standard-headers',
    'http-custom-headers',
    'http-invalid-tool-headers',
    'json-schema-ref-no-deref',
    'sep-2322-client-request-state',
    ...LOGINS,
    'auth/resource-mismatch',
    'auth/offline-access-scope',
    'auth/offline-access-not-supported',
    'auth/authorization-server-migration',
    'auth/iss-supported',
    'auth/iss-not-advertised',
    'auth/iss-supported-missing',
    'auth/iss-wrong-issuer',
    'auth/iss-unexpected',
    'auth/iss-normalized',
    'auth/metadata-issuer-mismatch',
  ],
};
const CASES = Object.entries(RUN).flatMap(([revision, scenarios]) =>
  scenarios.map((scenario) => [revision, scenario] as const),
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ostinato-conformance-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** @param revision `null`: an extension's, which belongs to none. */
function runScenario(scenario: string, revision: string | null) {
  const command = `${JSON.stringify(process.execPath)} ${JSON.stringify(CLIENT)}`;
  const args = [SUITE, 'client', '--command', command, '--scenario', scenario];
  return new Promise<{ readonly code: number; readonly output: string }>((resolve) => {
    execFile(
      process.execPath,
      revision === null ? args : [...args, '--spec-version', revision],
      // The suite writes its results into the folder in which it runs.
      { cwd: folder, timeout: 50_000, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) =>
        resolve({
          code: error === null ? 0 : Number(error.code ?? 1),
          output: `${stdout}${stderr}`,
        }),
    );
  });
}

/** The names under `client:` of a file of the suite's requirements. */
async function clientScenarios(path: string): Promise<readonly string[]> {
  const { client } = parse(await readFile(path, 'utf8')) as { readonly client: readonly string[] };
  return client;
}

describe('the official suite', () => {
  it.each(CASES)(
    '%s, %s → no check fails',
    async (revision, scenario) => {
      const { code, output } = await runScenario(scenario, revision);
      expect(output).toMatch(/Passed: \d+\/\d+, 0 failed/);
      expect(code, output).toBe(0);
    },
    60_000,
  );

  it.each(['auth/client-credentials-basic', 'auth/client-credentials-jwt'])(
    'an account of the workers, %s → no check fails',
    async (scenario) => {
      const { code, output } = await runScenario(scenario, null);
      expect(output).toMatch(/Passed: \d+\/\d+, 0 failed/);
      expect(code, output).toBe(0);
    },
    60_000,
  );

  // Came after the revisions were released, so that neither requires it.
  it.each(Object.keys(RUN))(
    'a rich schema, %s → every keyword of it is kept',
    async (revision) => {
      const { code, output } = await runScenario('json-schema-2020-12-preservation', revision);
      expect(output).toMatch(/Passed: \d+\/\d+, 0 failed/);
      expect(code, output).toBe(0);
    },
    60_000,
  );

  it('every required scenario → run here, and no other', async () => {
    const required = await Promise.all(
      Object.keys(RUN).map((revision) =>
        clientScenarios(join(PACKAGE, 'requirements', `${revision}.yaml`)),
      ),
    );
    const all = [...new Set(required.flat())].sort();
    expect(all.length).toBeGreaterThan(30);
    const run = [...new Set(Object.values(RUN).flat())];
    expect([...run].sort()).toEqual(all);
  });
});
