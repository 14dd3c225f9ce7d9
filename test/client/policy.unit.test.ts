// Proves what an installation's policy does to the policies that callers give, and that a file which
// is wrong is refused as a whole.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentInput } from '../../client/agent-input.ts';
import { toBatch } from '../../client/batch-request.ts';
import type { OstinatoConnection } from '../../client/index.ts';
import type { Policies } from '../../client/policy.ts';
import { policyOf } from '../../client/policy.ts';
import { readPolicies } from '../../client/read-policies.ts';
import { TENANT } from '../support/plans.ts';

const acme = {
  tenantId: 'acme',
  actor: 'test',
  scopes: [],
} as unknown as OstinatoConnection['tenant'];
const policies = () => ({
  default: { approvals: [{ tool: 'bank/*' as const }], approvalTimeoutMs: 60_000 },
  tenants: { acme: { rollback: true } },
});
const connection = { tenant: TENANT, policies, queues: {} } as unknown as OstinatoConnection;

describe('policyOf', () => {
  it('nothing holds, nothing is said → no policy; what is said → that', () => {
    expect(policyOf({ tenant: TENANT }, undefined)).toEqual({});
    expect(policyOf({ tenant: TENANT }, { rollback: true })).toEqual({
      policy: { rollback: true },
    });
  });

  it('a caller says more → its rules come behind, and none is taken away', () => {
    const given = { approvals: [{ tool: 'mail/*' as const }], onUnknown: 'ask' } as const;
    expect(policyOf({ tenant: TENANT, policies }, given).policy).toEqual({
      approvals: [{ tool: 'bank/*' }, { tool: 'mail/*' }],
      approvalTimeoutMs: 60_000,
      onUnknown: 'ask',
    });
    expect(policyOf({ tenant: TENANT, policies }, { approvals: [] }).policy?.approvals).toEqual([
      { tool: 'bank/*' },
    ]);
  });

  it('they change → the next run starts with the new ones', () => {
    let holds: Policies = {};
    const changing = { tenant: TENANT, policies: () => holds };
    expect(policyOf(changing, undefined)).toEqual({});
    holds = { default: { rollback: true } };
    expect(policyOf(changing, undefined)).toEqual({ policy: { rollback: true } });
  });

  it('a tenant of its own policy → that one and not the default', () => {
    expect(policyOf({ tenant: acme, policies }, undefined)).toEqual({
      policy: { rollback: true },
    });
  });

  it('agents and batches → start with it', () => {
    expect(agentInput(connection, { goal: 'x' }).policy).toEqual(policies().default);
    expect(toBatch(connection, { goal: 'x' }).settings.policy).toEqual(policies().default);
  });
});

describe('readPolicies', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ostinato-policy-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));
  const file = async (text: string): Promise<string> => {
    const path = join(dir, 'policies.yaml');
    await writeFile(path, text);
    return path;
  };

  it('none named → none; a file → its policies by tenant', async () => {
    expect(await readPolicies(undefined)).toBeUndefined();
    const path = await file('default:\n  approvals:\n    - { effects: [non-idempotent] }\n');
    expect(await readPolicies(path)).toEqual({
      default: { approvals: [{ effects: ['non-idempotent'] }] },
    });
  });

  it.each([
    ['default: { approval: [] }', /default.*approval/],
    ['default: { approvals: [{ effects: [bad] }] }', /default\.approvals\.0\.effects/],
    ['a: [', /no YAML/],
    ['', /are wrong/],
  ])('%j → refused, naming what is wrong', async (text, said) => {
    await expect(readPolicies(await file(text))).rejects.toThrow(said);
  });

  it('a file that is not there → refused', async () => {
    await expect(readPolicies(join(dir, 'none.yaml'))).rejects.toThrow(
      /cannot be read: there is no such file/,
    );
  });
});
