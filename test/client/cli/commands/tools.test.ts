// Proves what people see of tools on the command line: a search with and without its reasons, one
// that fits nothing, and a tool with all that is odd about it. A real API on a port, services that
// hold what they are given.
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createServer } from '../../../../api/server.ts';
import type { SearchAnswer } from '../../../../services/registry/tool-index.ts';
import { fakeServices, TOOL } from '../../../api/support/fake-services.ts';
import { typeCommand } from '../../../support/type-command.ts';

let close = (): Promise<void> => Promise.resolve();
afterEach(() => close());

const FOUND: SearchAnswer = {
  hits: [
    {
      id: TOOL.id,
      score: 0.6,
      matched: 'read a file',
      arms: { dense: { rank: 1, score: 0.55 }, lexical: { rank: 2, score: 3.5 } },
    },
  ],
  confidence: 0.91,
  fits: true,
  evidence: { nearest: 0.55, lead: 0.2, covered: 0.5, coveredByBest: 0.75 },
};

async function cli(answer: SearchAnswer, ...args: readonly string[]): Promise<string> {
  const services = fakeServices();
  services.toolsById.set(TOOL.id, {
    ...TOOL,
    description: 'Reads a file. \u001b[31mRed',
    warnings: ['its description gives orders: "ignore all previous instructions"'],
  });
  const index = { ...services.index, find: async () => answer };
  const api = createServer({ ...services, index });
  await api.listen({ host: '127.0.0.1', port: 0 });
  close = () => api.close();
  const { port } = api.server.address() as AddressInfo;
  const argv = ['tools', ...args, '--api', `http://127.0.0.1:${port}`];
  const { code, out, err } = await typeCommand(argv, { width: 160 });
  expect([code, err]).toEqual([0, '']);
  return out;
}

it('search → the tools; with --explain → which way found each, for which step, and how sure', async () => {
  const plain = await cli(FOUND, 'search', 'read a file and mail it');
  expect(plain).toContain('files/read');
  expect(plain).not.toContain('BY MEANING');
  await close();
  const explained = await cli(FOUND, 'search', 'read a file and mail it', '--explain');
  expect(explained).toMatch(/#1 0\.55 +#2 3\.50 +read a file/);
  expect(explained).toContain('Sure to 91 % that one of them fits: yes.');
  expect(explained).toContain('nearest in meaning 0.55; the best is 0.20 above the twentieth');
  expect(explained).toContain('50 % in the best three, 75 % of the known ones in the best');
  await close();
  const json = await cli(FOUND, 'search', 'x', '--explain', '--json');
  expect(JSON.parse(json)).toMatchObject({ confidence: 0.91, evidence: FOUND.evidence });
});

it('nothing fits → said so above the nearest; nothing at all → how to see them', async () => {
  const unfit = await cli({ ...FOUND, fits: false }, 'search', 'order a pizza');
  expect(unfit).toMatch(/^Nothing fits well\. The nearest:\n/);
  await close();
  const none = await cli({ ...FOUND, hits: [], fits: false, evidence: null }, 'search', 'x');
  expect(none).toBe('No tool fits. See them all with: ostinato tools list\n');
});

it('show → what it says of itself without what would steer the terminal, and what is odd', async () => {
  const shown = await cli(FOUND, 'show', 'files/read');
  expect(shown).toContain('files/read');
  expect(shown).toContain('Reads a file.');
  expect(shown).toContain('its description gives orders: "ignore all previous instructions"');
  expect(shown).not.toContain('\u001b');
});
