// Proves, independently of the import rules, that Temporal's own bundler takes the workflows and
// that nothing but workflows/, common/ and Temporal's packages gets into the sandbox.
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

describe('workflow bundle', () => {
  it('bundled by Temporal → no service, activity, client or other package in it', async () => {
    const { code } = await bundleWorkflowCode({
      workflowsPath: join(ROOT, 'workflows', 'index.ts'),
      logger: new DefaultLogger('WARN'),
    });
    expect(code).toContain('./workflows/run-agent.ts');
    const modules = [...code.matchAll(/^\/\*\*\*\/ "([^"]+)"/gm)].map((match) => match[1] ?? '');
    expect(modules.length).toBeGreaterThan(20);
    const ours = modules.filter((name) => name.startsWith('./') && !name.includes('node_modules'));
    expect(ours.filter((name) => !/^\.\/(workflows|common)\//.test(name))).toEqual([]);
    const packages = modules
      .filter((name) => name.includes('node_modules'))
      .map((name) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? name);
    // Temporal's workflow package and what it brings along itself.
    const allowed = /^(@temporalio\/.*|@protobufjs\/.*|long|ms|nexus-rpc|protobufjs)$/;
    expect(packages.filter((name) => !allowed.test(name))).toEqual([]);
  });
});
