// Proves that recorded histories say nothing of the machine that recorded them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const FOLDER = join(import.meta.dirname, 'histories');

/** Where a stack trace says that its code lies. */
function placesIn(text: string): readonly string[] {
  return [...text.matchAll(/\\n +at [^\\]*?\(?((?:file:\/\/)?\/[^\s\\)]+):\d+:\d+/g)].map(
    ([, place]) => place ?? '',
  );
}

it('stack traces in recorded histories → paths of this project, of no machine', () => {
  const texts = readdirSync(FOLDER).map((file) => readFileSync(join(FOLDER, file), 'utf8'));
  const places = texts.flatMap(placesIn);
  expect(places.length).toBeGreaterThan(10);
  expect(places.filter((place) => !place.replace('file://', '').startsWith('/ostinato/'))).toEqual(
    [],
  );
  expect(texts.flatMap((text) => text.match(/"identity": "(?!recorder")[^"]*"/g) ?? [])).toEqual(
    [],
  );
});
