/** No SQL text holds U+0000 or half of a surrogate pair, which a stranger's words and cut ones may. */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\u{FFFD}').toWellFormed();
}
