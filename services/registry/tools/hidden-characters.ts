/**
 * Characters that a person does not see and a model reads: controls (but tab and line breaks),
 * zero-width, direction overrides, tags and invisible operators. A joiner inside an emoji is meant.
 */
const HIDDEN =
  /(?<!\p{Extended_Pictographic}\u{FE0F}?)\u200D|[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B\u200C\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E0FFF}]/gu;

const MAX_SHOWN = 5;

/** For example `3 hidden characters (U+200B, U+E0041)`; `null` where there are none. */
export function describeHiddenCharacters(text: string): string | null {
  const found = text.match(HIDDEN);
  if (found === null) return null;
  const codes = [...new Set(found.map(codeOf))];
  const shown = codes.slice(0, MAX_SHOWN).join(', ') + (codes.length > MAX_SHOWN ? ', …' : '');
  return `${found.length} hidden character${found.length === 1 ? '' : 's'} (${shown})`;
}

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
