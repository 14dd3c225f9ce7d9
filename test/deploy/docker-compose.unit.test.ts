// Proves that what docker-compose.yml refers to exists (services, files, volumes, entry points),
// and that it is safe to start: pinned images, ports of this machine only, health checks, no
// variable without a default. Reads the files; no container engine is needed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly restart?: string;
  readonly depends_on?: Record<string, { readonly condition: string }>;
  readonly environment?: Record<string, string | number>;
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const text = read('docker-compose.yml');
const file = parse(text) as {
  readonly services: Record<string, Service>;
  readonly volumes: Record<string, unknown>;
  readonly configs: Record<string, unknown>;
};
const services = Object.entries(file.services);
/** Tasks that end; all others stay up. */
const isTask = ({ restart }: Service) => restart?.startsWith('on-failure') ?? false;

describe('docker-compose.yml', () => {
  it('what Ostinato can use → all of it is there', () => {
    expect(Object.keys(file.services).sort()).toEqual([
      'grafana',
      'jaeger',
      'ostinato',
      'postgres',
      'prometheus',
      'redis',
      'temporal',
      'temporal-namespace',
      'temporal-schema',
      'temporal-ui',
    ]);
  });

  it.each(services)(
    '%s → needs only services that are there, in a state they reach',
    (_, service) => {
      for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
        const needed = file.services[name];
        expect(needed, name).toBeDefined();
        if (!needed) continue;
        const reached = isTask(needed) ? 'service_completed_successfully' : 'service_healthy';
        expect(condition, name).toBe(reached);
      }
    },
  );

  it.each(services)('%s → image pinned to a full version', (_, { image }) => {
    expect(image).toMatch(/:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$/);
  });

  it.each(services)('%s → a health check unless it ends by itself', (_, service) => {
    expect(service.healthcheck === undefined).toBe(isTask(service));
  });

  it.each(services)('%s → ports of this machine only', (_, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+$/);
  });

  it.each(services)('%s → mounted files, volumes and configs exist', (_, service) => {
    for (const [source = '', target, mode] of (service.volumes ?? []).map((v) => v.split(':'))) {
      expect(target).toMatch(/^\//);
      if (source.startsWith('./')) {
        expect(existsSync(join(ROOT, source)), source).toBe(true);
        expect(mode).toBe('ro');
      } else expect(Object.keys(file.volumes)).toContain(source);
    }
    for (const { source } of service.configs ?? []) {
      expect(Object.keys(file.configs)).toContain(source);
    }
  });

  it('two published ports → never the same', () => {
    const published = services.flatMap(([, { ports = [] }]) =>
      ports.map((port) => port.split(':-')[1]),
    );
    expect(new Set(published).size).toBe(published.length);
  });

  it('variables → each has a default', () => {
    const variables = text.match(/\$\{[^}]*\}/g) ?? [];
    expect(variables.length).toBeGreaterThan(10);
    for (const variable of variables) expect(variable).toMatch(/^\$\{[A-Z_]+:-[^}]*\}$/);
  });

  it('Ostinato → its own image, entry point, and an API key since others can reach it', () => {
    const { build, command, environment } = file.services.ostinato ?? {};
    expect(existsSync(join(ROOT, build?.dockerfile ?? 'absent'))).toBe(true);
    expect(existsSync(join(ROOT, command?.[0] ?? 'absent'))).toBe(true);
    expect(environment?.OSTINATO_HOST).toBe('0.0.0.0');
    const key = /:-(.*)\}/.exec(String(environment?.OSTINATO_API_KEY))?.[1] ?? '';
    expect(key.length).toBeGreaterThanOrEqual(16);
  });
});

describe('Prometheus and Grafana', () => {
  const prometheus = parse(read('deploy/prometheus.yml')) as {
    readonly scrape_configs: readonly {
      readonly job_name: string;
      readonly authorization?: { readonly credentials_file: string };
      readonly static_configs: readonly { readonly targets: readonly string[] }[];
    }[];
  };

  it('scrape targets → services of the compose file', () => {
    const hosts = prometheus.scrape_configs
      .flatMap(({ static_configs }) => static_configs.flatMap(({ targets }) => targets))
      .map((target) => target.split(':')[0] ?? '')
      .filter((host) => host !== 'localhost');
    expect(hosts).toEqual(['ostinato', 'temporal']);
    for (const host of hosts) expect(Object.keys(file.services)).toContain(host);
  });

  it('the API key → read from where the compose file puts it', () => {
    const job = prometheus.scrape_configs.find(({ job_name }) => job_name === 'ostinato');
    const targets = file.services.prometheus?.configs?.map(({ target }) => target);
    expect(targets).toEqual([job?.authorization?.credentials_file]);
  });

  it('data sources → services of the compose file', () => {
    const path = 'deploy/grafana/provisioning/datasources/sources.yml';
    const { datasources } = parse(read(path)) as { datasources: { name: string; url: string }[] };
    expect(datasources.map(({ name }) => name)).toEqual(['Prometheus', 'Jaeger']);
    for (const { url } of datasources) {
      expect(Object.keys(file.services)).toContain(new URL(url).hostname);
    }
  });

  it('dashboard → asks only for metrics that Ostinato has', () => {
    const dashboard = read('deploy/grafana/dashboards/ostinato.json');
    const source = read('services/telemetry/metrics.ts');
    const asked = new Set(dashboard.match(/ostinato_[a-z_]+/g));
    expect(asked.size).toBeGreaterThan(5);
    for (const metric of asked) {
      const name = metric.replace(/_(bucket|count|sum)$/, '');
      const timed = /^ostinato_(\w+)_duration_seconds$/.exec(name)?.[1];
      expect(
        source.includes(`'${name}'`) || source.includes(`duration(registry, '${timed}'`),
        metric,
      ).toBe(true);
    }
  });
});
