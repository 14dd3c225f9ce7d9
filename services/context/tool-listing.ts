/** What lists of found tools are called in prompts; see `dataBlock`. */
export const LISTING = 'Tools found for this';

const BLOCK = new RegExp(
  `--- ${LISTING}: data ([0-9a-f]{8,16}) ---\\n([^]*?)\\n--- end of data \\1 ---`,
  'g',
);
const LINE = /^- ([\w-]{1,64})\(/gm;

/** Names of the tools that a message lists. */
export function listedTools(text: string): readonly string[] {
  return listings(text).flatMap((held) => [...held.matchAll(LINE)].map(([, name = '']) => name));
}

/** The lists of tools in a message. */
export function listings(text: string): readonly string[] {
  return [...text.matchAll(BLOCK)].map(([, , held = '']) => held);
}

/** A message without its lists of tools; one that has none stays as it is. */
export function withoutListings(text: string): string {
  const without = text.replace(BLOCK, '');
  return without === text ? text : without.trimEnd();
}
