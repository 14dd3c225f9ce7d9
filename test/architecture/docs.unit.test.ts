// Proves that the pages tell the truth about the tree: every path and script they name exists, each
// stop of the tour exports its function, and .env.example names what is read and nothing else.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGES = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'examples/README.md',
  ...readdirSync(join(ROOT, 'docs')).map((page) => `docs/${page}`),
];

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** Things in backticks that look like a path of this repository. */
function pathsIn(text: string): string[] {
  return [...text.matchAll(/`([a-z.][\w./-]*\/[\w./-]*|[\w-]+\.(?:md|ts|json|yml|cjs))`/g)]
    .map((match) => match[1] ?? '')
    .filter(
      (path) => !path.startsWith('./') && !/^(tools|filesystem|everything|\.ostinato)\//.test(path),
    );
}

describe('pages', () => {
  it.each(PAGES)('%s → every path it names exists', (page) => {
    const paths = pathsIn(read(page)).filter((path) => path !== 'servers.json');
    const folder = page.includes('/') ? page.slice(0, page.lastIndexOf('/')) : '.';
    const missing = paths.filter(
      (path) => !existsSync(join(ROOT, path)) && !existsSync(join(ROOT, folder, path)),
    );
    expect(missing).toEqual([]);
  });

  it('all pages → name many paths, so that the check above has something to check', () => {
    expect(PAGES.flatMap((page) => pathsIn(read(page))).length).toBeGreaterThan(40);
  });

  it.each(PAGES)('%s → every link within the repository leads somewhere', (page) => {
    const links = [...read(page).matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1] ?? '');
    const from = join(ROOT, page, '..');
    expect(links.filter((link) => !existsSync(join(from, link)))).toEqual([]);
  });

  it.each(PAGES)('%s → every npm script it names exists', (page) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [
      ...read(page).matchAll(/npm (?:run )?((?:test|check|demo|bench|ostinato|bootstrap)[\w:]*)/g),
    ];
    expect(named.map((match) => match[1] ?? '').filter((name) => !(name in scripts))).toEqual([]);
  });

  it('the tour in ARCHITECTURE.md → each stop exports its function', () => {
    const stops = [...read('ARCHITECTURE.md').matchAll(/^\| \d+ +\| `([^`]+)` +\| `(\w+)` +\|/gm)];
    expect(stops.length).toBe(8);
    for (const [, file, name] of stops) {
      expect(read(file ?? '')).toMatch(new RegExp(`export (async )?function ${name}\\b`));
    }
  });

  it('.env.example → names every variable of the configuration', () => {
    const example = read('.env.example');
    const declared = [...read('services/config.ts').matchAll(/^ {2}([A-Z][A-Z_]+):/gm)];
    const names = declared
      .map((match) => match[1] ?? '')
      .filter((name) => name !== 'XDG_CACHE_HOME');
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !example.includes(`#${name}=`))).toEqual([]);
  });
});
