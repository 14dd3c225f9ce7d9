// Proves that the modules which all runs of a worker share (they are evaluated once for each sandbox,
// `workers/bundle-options.ts`) keep nothing at their top level that one run could leave to another.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/** What a module may change later: a variable, or a container that begins empty. */
const KEEPS =
  /^(?:export )?(?:(?:let|var) \w+|const \w+(?:: [^=\n]+)? = (?:new (?:Map|Set|WeakMap|WeakSet|Array)(?:<[^\n]*>)?\(\)|\[\]|\{\}))/m;

function sources(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
}

it('modules that workflows reach → none keeps anything for itself', () => {
  const files = [...sources('workflows'), ...sources('common')];
  expect(files.length).toBeGreaterThan(100);
  const keeping = files.filter((file) => KEEPS.test(readFileSync(join(ROOT, file), 'utf8')));
  // A constant that is empty for good may be shared.
  const named = keeping.filter((file) => !isReadonly(readFileSync(join(ROOT, file), 'utf8')));
  expect(named).toEqual([]);
});

it('a variable or an empty container at the top level → found', () => {
  for (const line of [
    'let count = 0;',
    'export const seen = new Set<string>();',
    'const byId: Map<string, number> = new Map();',
    'const list: string[] = [];',
  ]) {
    expect(KEEPS.test(`import x from 'y';\n${line}\n`), line).toBe(true);
    expect(isReadonly(line), line).toBe(false);
  }
  expect(KEEPS.test('function f() {\n  let count = 0;\n}\n')).toBe(false);
});

/** All of what was found says that it cannot be written to. */
function isReadonly(text: string): boolean {
  const found = text.match(new RegExp(KEEPS.source, 'gm')) ?? [];
  return found.every((each) => /: (?:Readonly|readonly)/.test(each));
}
