/**
 * Text from tools and models as a terminal may print it: without the control characters that move
 * the cursor, rename the window or hide what stands there.
 */
export function cleanText(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-_])/g, '')
    .replace(
      /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
      '',
    );
}

/** On one line of at most `width` characters. */
export function oneLine(text: string, width: number): string {
  const line = cleanText(text).replace(/\s+/g, ' ').trim();
  const chars = [...line];
  return chars.length <= width ? line : `${chars.slice(0, Math.max(0, width - 1)).join('')}…`;
}
