// Proves what a model reads of a tool before it chooses one.
import { describe, expect, it } from 'vitest';
import { toolLine } from '../../../../services/registry/search/tool-line.ts';

describe('toolLine', () => {
  it('required and optional parameters, many sentences → one line', () => {
    const line = toolLine({
      name: 'read_file',
      description: 'Reads a file. Returns text.\nUse with care.',
      inputSchema: { properties: { path: {}, head: {} }, required: ['path'] },
    });
    expect(line).toBe('read_file(path, head?): Reads a file.');
  });

  it('no parameters, no description → the name', () => {
    expect(toolLine({ name: 'ping', description: '', inputSchema: {} })).toBe('ping(): ');
  });

  it('an endless sentence, thirty parameters → cut, and shown to be', () => {
    const properties = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`p${i}`, {}]));
    const line = toolLine({
      name: 'big',
      description: 'word '.repeat(100),
      inputSchema: { properties },
    });
    expect(line).toContain('p11?, …): word');
    expect(line.endsWith('word…')).toBe(true);
    expect(line.length).toBeLessThan(260);
  });
});
