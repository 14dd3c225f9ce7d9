// Proves that like calls are made by one where the server's owner declares a tool for it: the whole
// engine, a real Temporal server and a real MCP server that writes down what it was asked.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runPlan } from '../../client/index.ts';
import type { JsonObject } from '../../common/json.ts';
import { DEFAULT_TENANT_ID } from '../../common/tenant.ts';
import { resultValue } from '../../common/result-value.ts';
import type { Engine } from '../support/engine.ts';
import { startEngine } from '../support/engine.ts';

let dir: string;
let journal: string;
let engine: Engine;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ostinato-weather-'));
  journal = join(dir, 'journal');
  engine = await startEngine({
    weather: {
      command: process.execPath,
      args: [join(import.meta.dirname, '..', 'support', 'weather-server.mjs'), journal],
      effects: { '*': 'read' },
      batches: {
        get_weather: {
          tool: 'get_weather_many',
          argument: 'city',
          items: 'cities',
          result: 'reports',
          maxItems: 3,
        },
      },
    },
  });
});

afterAll(async () => {
  await engine?.stop();
  await rm(dir, { recursive: true, force: true });
});

beforeEach(() => writeFile(journal, ''));

async function asked(): Promise<readonly unknown[]> {
  const lines = (await readFile(journal, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const { tool, args } = JSON.parse(line) as { tool: string; args: JsonObject };
    return [tool, args['cities'] ?? args['city']];
  });
}

const look = (id: string, city: string, more: JsonObject = {}) => ({
  id,
  tool: 'weather/get_weather',
  args: { city, ...more },
});

async function run(steps: readonly object[]) {
  const handle = await runPlan(engine.ostinato, { plan: { steps } as never });
  const result = await handle.result();
  const values = Object.fromEntries(
    Object.entries(result.results).map(([id, each]) => [id, resultValue(each)]),
  );
  return { ...result, values };
}

describe('calls that differ in one argument', () => {
  it('steps that may start together → one call, each has its result, and a reference into one works', async () => {
    const { outcome, steps, values } = await run([
      look('rome', 'Rome'),
      look('oslo', 'Oslo'),
      look('fahrenheit', 'Oslo', { unit: 'F' }),
      { ...look('later', '${rome.city}bury'), after: ['oslo'] },
    ]);
    expect(outcome).toBe('completed');
    expect(values).toEqual({
      rome: { city: 'Rome', degrees: 12, unit: 'C' },
      oslo: { city: 'Oslo', degrees: 12, unit: 'C' },
      fahrenheit: { city: 'Oslo', degrees: 12, unit: 'F' },
      later: { city: 'Romebury', degrees: 24, unit: 'C' },
    });
    expect((await asked()).toSorted()).toEqual([
      ['get_weather', 'Oslo'],
      ['get_weather', 'Romebury'],
      ['get_weather_many', ['Rome', 'Oslo']],
    ]);
    expect(steps.map(({ id, state }) => [id, state])).toEqual([
      ['rome_batch', 'done'],
      ['rome', 'done'],
      ['oslo', 'done'],
      ['fahrenheit', 'done'],
      ['later', 'done'],
    ]);
  });

  it('a call for several fails → each is made by itself; an item without a result → its own alone', async () => {
    const broken = await run([look('a', 'Mordor'), look('b', 'Bree')]);
    expect(broken.outcome).toBe('completed');
    expect(broken.steps[0]).toMatchObject({ id: 'a_batch', state: 'failed' });
    expect(broken.values).toMatchObject({ a: { city: 'Mordor' }, b: { city: 'Bree' } });
    expect((await asked()).toSorted()).toEqual([
      ['get_weather', 'Bree'],
      ['get_weather', 'Mordor'],
      ['get_weather_many', ['Mordor', 'Bree']],
    ]);
    await writeFile(journal, '');
    const half = await run([look('a', 'Atlantis'), look('b', 'Paris')]);
    expect(half.values['a']).toMatchObject({ city: 'Atlantis' });
    expect(await asked()).toEqual([
      ['get_weather_many', ['Atlantis', 'Paris']],
      ['get_weather', 'Atlantis'],
    ]);
  });

  it('a list of seven cities, three at most → chunks of the list, the results in its order', async () => {
    const items = ['A', 'Bb', 'Ccc', 'Dddd', 'Eeeee', 'Ffffff', 'Ggggggg'];
    const forEach = { items, maxParallel: 1 };
    const { values } = await run([{ ...look('all', '${item}'), forEach }]);
    const all = (values['all'] as { items: readonly { degrees: number }[] }).items;
    expect(all.map(({ degrees }) => degrees)).toEqual([3, 6, 9, 12, 15, 18, 21]);
    expect(await asked()).toEqual([
      ['get_weather_many', items.slice(0, 3)],
      ['get_weather_many', items.slice(3, 6)],
      ['get_weather', 'Ggggggg'],
    ]);
  });

  it('one that the cache still answers → is left out of the call', async () => {
    await run([look('a', 'Vienna')]);
    const { values, steps } = await run([
      look('a', 'Vienna'),
      look('b', 'Graz'),
      look('c', 'Linz'),
    ]);
    expect(Object.keys(values).toSorted()).toEqual(['a', 'b', 'c']);
    expect(steps.find(({ id }) => id === 'a')).toMatchObject({ state: 'done', cached: true });
    expect(await asked()).toEqual([
      ['get_weather', 'Vienna'],
      ['get_weather_many', ['Graz', 'Linz']],
    ]);
  });

  it('the plan is explained → says which step calls for which', async () => {
    const explained = await engine.services.plans.explain(DEFAULT_TENANT_ID, {
      steps: [look('x', 'Ulm'), look('y', 'Jena')],
    });
    expect(explained).toMatchObject({
      depth: 1,
      steps: [
        { id: 'x_batch', tool: 'weather/get_weather_many', callsFor: ['x', 'y'], round: 1 },
        { id: 'x', partOf: 'x_batch', round: 1 },
        { id: 'y', partOf: 'x_batch', round: 1 },
      ],
    });
  });
});
