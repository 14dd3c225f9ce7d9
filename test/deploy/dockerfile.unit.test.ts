// Proves that the image is built from files that exist, with the Node that the project pins, and
// that the scripts around it know the names the code uses.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SEARCH_ATTRIBUTE_TYPE } from '../../common/names.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

describe('deploy/Dockerfile', () => {
  const dockerfile = read('deploy/Dockerfile');
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
    ([, sources = '']) => sources.split(' '),
  );

  it('Node → the version that package.json pins', () => {
    const { devDependencies } = JSON.parse(read('package.json')) as {
      devDependencies: Record<string, string>;
    };
    expect(/NODE_VERSION=(\S+)/.exec(dockerfile)?.[1]).toBe(devDependencies.node);
  });

  it('what it copies → exists, and is let through by its ignore file', () => {
    const ignored = read('deploy/Dockerfile.dockerignore').split('\n');
    expect(copied.length).toBeGreaterThan(8);
    for (const path of copied) {
      expect(existsSync(join(ROOT, path)), path).toBe(true);
      expect(ignored).toContain(`!${path}`);
    }
  });

  it('every folder that the entry points import from → copied', () => {
    const folders = ['activities', 'api', 'client', 'common', 'services', 'workers', 'workflows'];
    expect(copied).toEqual(expect.arrayContaining(folders));
  });

  it('runs as a user without rights', () => {
    expect(/^USER (\S+)$/m.exec(dockerfile)?.[1]).toBe('node');
  });
});

describe('deploy/temporal', () => {
  it('search attributes → those of common/names.ts, with their types', () => {
    const script = read('deploy/temporal/create-namespace.sh');
    const created = [...script.matchAll(/--name (\w+) --type (\w+)/g)].map(
      ([, name = '', type = '']) => [name, type.toUpperCase()],
    );
    expect(Object.fromEntries(created)).toEqual(SEARCH_ATTRIBUTE_TYPE);
  });

  it('dynamic configuration → that of the development server', () => {
    const settings = parse(read('deploy/temporal/dynamic-config.yaml')) as Record<
      string,
      readonly { value: unknown }[]
    >;
    const lines = Object.entries(settings).map(
      ([name, [entry]]) => `${name}=${String(entry?.value)}`,
    );
    const source = read('workers/temporal-server.ts');
    const used = [...source.matchAll(/^ {2}'(\w+\.\w+=\w+)',$/gm)].map(([, line]) => line);
    expect(lines.sort()).toEqual(used.sort());
  });
});
