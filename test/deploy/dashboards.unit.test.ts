// Proves that what the dashboards draw is counted: every series in them is one that the process has.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createMetrics } from '../../services/telemetry/metrics.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'deploy', 'grafana', 'dashboards');

interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number };
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

it('every series of every panel → exported by the process; no panel lies on another', async () => {
  const metrics = createMetrics();
  metrics.breakerPhases(() => []);
  const text = await metrics.text();
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  expect(files).not.toEqual([]);
  for (const file of files) {
    const { panels } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Dashboard;
    const series = panels.flatMap(({ targets = [] }) =>
      targets.flatMap(({ expr }) => expr.match(/\bostinato_\w+/g) ?? []),
    );
    expect(series.length).toBeGreaterThan(0);
    const known = (name: string) =>
      text.includes(`# TYPE ${name.replace(/_(?:bucket|count|sum)$/, '')} `);
    expect(series.filter((name) => !known(name))).toEqual([]);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const places = panels.map(({ gridPos: { x, y } }) => `${x}/${y}`);
    expect(new Set(places).size).toBe(panels.length);
  }
});
