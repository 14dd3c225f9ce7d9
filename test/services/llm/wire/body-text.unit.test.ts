// Proves that what goes to a provider is JSON that strict readers take, whatever texts it is made of.
import { expect, it } from 'vitest';
import { bodyText } from '../../../../services/llm/wire/body-text.ts';

it('a text that was cut within a letter → its half is replaced, all else is as it was', () => {
  const half = '🎻'.slice(0, 1);
  const texts = [
    `${half}x`,
    `x${half}`,
    `\\${half}`,
    '\\ud83d',
    '\\\\ud83d',
    '🎻',
    `"${half}${half}"`,
  ];
  const sent = bodyText({ texts, [half]: 1 });
  expect(JSON.parse(sent)).toEqual({
    texts: ['\uFFFDx', 'x\uFFFD', '\\\uFFFD', '\\ud83d', '\\\\ud83d', '🎻', '"\uFFFD\uFFFD"'],
    '\uFFFD': 1,
  });
  expect(sent.isWellFormed()).toBe(true);
});

it('a long run of backslashes → no time is lost on it', () => {
  const text = `${'\\'.repeat(1_000_000)}ud83d`;
  expect(JSON.parse(bodyText(text))).toBe(text);
});
