// The real API over the whole engine with `moody-server.mjs`: batches of one item are begun and
// resumed by HTTP, and the journal says what reached the tools.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createServer } from '../../../api/server.ts';
import type { BatchAnswer } from '../../../client/cli/api-types.ts';
import { listPending, runHandle } from '../../../client/index.ts';
import type { PendingDecision } from '../../../common/approval.ts';
import type { Engine } from '../../support/engine.ts';
import { startEngine } from '../../support/engine.ts';
import { waitFor } from '../../support/wait-for.ts';
import { fakeServices } from './fake-services.ts';

export interface MoodyBatches {
  readonly engine: Engine;
  /** @returns the status of the answer. */
  post(path: string, body: unknown, type?: string): Promise<number>;
  /** Its one item is `{name: batchId}`. */
  start(batchId: string, batch: object): Promise<void>;
  ended(batchId: string): Promise<BatchAnswer>;
  resume(batchId: string): Promise<void>;
  /** Until a step of the run of its item is running. @default the first */
  waits(batchId: string, step?: string): Promise<void>;
  /** What its run asks a person. */
  pendingOf(batchId: string): Promise<PendingDecision>;
  /** The lines of the journal, in the order of the alphabet. */
  done(): Promise<readonly string[]>;
  forget(): Promise<void>;
  close(): Promise<void>;
}

export async function startMoodyBatches(): Promise<MoodyBatches> {
  const dir = await mkdtemp(join(tmpdir(), 'ostinato-resume-'));
  const journal = join(dir, 'journal.log');
  const server = join(import.meta.dirname, '..', '..', 'support', 'moody-server.mjs');
  const engine = await startEngine({
    moody: {
      command: process.execPath,
      args: [server, journal],
      effects: { '*': 'non-idempotent' },
    },
  });
  const { breakers } = engine.services.breakers;
  const services = { ...fakeServices(), ...engine.services, breakers };
  const api = createServer({ ...services, connection: engine.ostinato });
  await api.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(api.server.address() as AddressInfo).port}`;

  async function post(path: string, body: unknown, type = 'application/json'): Promise<number> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const method = path.endsWith('/items') ? 'PUT' : 'POST';
    const headers = { 'content-type': type };
    return (await fetch(`${url}${path}`, { method, headers, body: text })).status;
  }

  return {
    engine,
    post,
    async start(batchId, batch) {
      expect(await post('/v1/batches', { batchId, ...batch })).toBe(202);
      const items = `/v1/batches/${batchId}/items`;
      expect(await post(items, `{"name":"${batchId}"}\n`, 'application/x-ndjson')).toBe(202);
    },
    ended: (batchId) =>
      waitFor(`batch ${batchId} to end`, async () => {
        const response = await fetch(`${url}/v1/batches/${batchId}`);
        const batch = (await response.json()) as BatchAnswer;
        return batch.endedAtMs === null ? null : batch;
      }),
    async resume(batchId) {
      expect(await post(`/v1/batches/${batchId}/resume`, {})).toBe(202);
    },
    async waits(batchId, step) {
      await waitFor(`batch ${batchId} to wait`, async () => {
        const item = runHandle(engine.ostinato, `${batchId}.0`);
        const steps = (await item.progress().catch(() => null))?.steps ?? [];
        const one = step === undefined ? steps[0] : steps.find(({ id }) => id === step);
        return one?.state === 'running';
      });
    },
    pendingOf: (batchId) =>
      waitFor('a person to be asked', async () => {
        const all = await listPending(engine.ostinato);
        return all.find(({ id }) => id.startsWith(`${batchId}.`)) ?? null;
      }),
    done: async () => (await readFile(journal, 'utf8')).split('\n').filter(Boolean).toSorted(),
    forget: () => writeFile(journal, ''),
    async close() {
      await api.close();
      await engine.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
