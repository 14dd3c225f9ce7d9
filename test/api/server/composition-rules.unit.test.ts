// Proves what the routes of composition rules do and answer.
import { describe, expect, it } from 'vitest';
import { serve } from '../support/serve.ts';

describe('composition rules', () => {
  const rule = { name: 'ask', kind: 'needs-approval', tool: 'crm/*', reason: 'no undo' };

  it('written, listed in a sentence, removed → 404 afterwards', async () => {
    const { ask } = serve();
    expect((await ask('PUT', '/v1/rules/ask', rule)).body).toMatchObject({
      rule,
      says: "crm/* waits for a person's approval",
      source: 'operator',
      updatedBy: 'api',
    });
    expect((await ask('GET', '/v1/rules')).body).toMatchObject({ rules: [{ rule }] });
    expect((await ask('DELETE', '/v1/rules/ask')).status).toBe(204);
    expect((await ask('GET', '/v1/rules/ask')).status).toBe(404);
  });

  it('a file → its rules; a wrong one → line and column; two names → 400', async () => {
    const { ask } = serve();
    const text = 'rules: [{name: ask, kind: needs-approval, tool: crm/*, reason: no undo}]';
    const applied = await ask('POST', '/v1/rules/import', { text, source: 'a.yaml' });
    expect(applied.body).toEqual({ written: ['ask'], removed: [] });
    const wrong = await ask('POST', '/v1/rules/import', { text: 'rules: 1', source: 'a.yaml' });
    expect([wrong.status, wrong.text]).toMatchObject([
      400,
      expect.stringContaining('a.yaml is wrong: line 1, column 8: rules') as string,
    ]);
    expect((await ask('PUT', '/v1/rules/other', rule)).status).toBe(400);
  });
});
