// Proves how a terminal shows what a tool asks: what is wanted, and nothing that steers the terminal.
import { describe, expect, it } from 'vitest';
import { questionLines } from '../../../../client/cli/view/question-lines.ts';
import type { ToolQuestion } from '../../../../common/tool-question.ts';

const form = (name: string, properties: object): ToolQuestion =>
  ({
    ...{ name, mode: 'form', message: 'How\n\u001b[31mmany?' },
    schema: { type: 'object', properties, required: ['seats'] },
  }) as unknown as ToolQuestion;

describe('questionLines', () => {
  it('a form → a line for each value, with kind, default and choices', () => {
    const properties = {
      seats: { type: 'integer', description: 'of one table' },
      window: { type: 'boolean', default: true },
      class: { type: 'string', oneOf: [{ const: 'a', title: 'First' }, { const: 'b' }] },
      meals: { type: 'array', items: { enum: ['soup', 'fish'] } },
    };
    expect(questionLines([form('q', properties)])).toEqual([
      '  "How many?"',
      '    seats (integer, required): of one table',
      '    window (true or false, default true)',
      '    class (a (First) | b)',
      '    meals (some of soup | fish)',
    ]);
  });

  it('several → each with its name; a link → shown, to be opened by the person', () => {
    const link = { name: 'paid', mode: 'url', message: 'Pay.', url: 'https://a.example/' } as const;
    expect(questionLines([form('q', {}), link])).toEqual([
      '  q: "How many?"',
      '  paid: "Pay."',
      '    Open https://a.example/ yourself, and answer when it is done there.',
    ]);
  });
});
