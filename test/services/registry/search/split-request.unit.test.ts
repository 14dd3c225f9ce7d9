// Proves how requests come apart into steps by rule, and that a single step stays whole.
import { describe, expect, it } from 'vitest';
import {
  activeRequestText,
  splitActiveRequest,
} from '../../../../services/registry/search/active-request.ts';
import { splitRequest } from '../../../../services/registry/search/split-request.ts';

describe('splitRequest', () => {
  it.each([
    [
      'sentences → a step each, without their first words',
      'Read the notes. Then translate them into French! Finally, send them by mail.',
      ['Read the notes.', 'translate them into French!', 'send them by mail.'],
    ],
    [
      'a numbered list → a step each',
      '1. Open the page 2. Take a screenshot',
      ['Open the page', 'Take a screenshot'],
    ],
    ['lines → a step each', 'open the page\nsave it', ['open the page', 'save it']],
    ['Chinese sentences → a step each', '读取文件。发送邮件。', ['读取文件。', '发送邮件。']],
    ['one sentence → none, it is the request itself', 'Read file notes.v2.txt, please.', []],
    ['the same sentence twice → none', 'Read it. Read it.', []],
    ['numbers and abbreviations inside → not split', 'Add 3.5 and 4.25 e.g. by hand', []],
  ])('%s', (_, request, steps) => {
    expect(splitRequest(request)).toEqual(steps);
  });

  it('100 kB of sentences → at most twelve steps', () => {
    const request = Array.from({ length: 9_000 }, (_, i) => `Do thing ${i} now.`).join(' ');
    expect(splitRequest(request)).toHaveLength(12);
  });
});

describe('splitActiveRequest', () => {
  it('several things → one by one; the server goes with the whole only', () => {
    const request = { server: 'audio analysis', tool: 'beat tracking, MFCC extraction + tempo' };
    expect(splitActiveRequest(request)).toEqual(['beat tracking', 'MFCC extraction', 'tempo']);
    expect(activeRequestText(request)).toBe(
      'audio analysis: beat tracking, MFCC extraction + tempo',
    );
  });

  it('one thing → none; no server → the tool alone', () => {
    expect(splitActiveRequest({ server: 'maps', tool: 'find parking' })).toEqual([]);
    expect(activeRequestText({ server: ' ', tool: 'find parking' })).toBe('find parking');
  });
});
