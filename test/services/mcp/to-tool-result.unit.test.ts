// Proves that answers keep their kinds, that binary data and whole answers above 32 KiB become
// artifacts of their tenant, and that a preview stays. By a store in memory.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TENANT_ID } from '../../../common/tenant.ts';
import type { McpAnswer } from '../../../services/mcp/mcp-call.ts';
import { toToolResult } from '../../../services/mcp/to-tool-result.ts';

function memoryStore() {
  const stored: { tenant: string; mediaType: string; body: Buffer }[] = [];
  return {
    stored,
    async put(tenant: string, { mediaType, body }: { mediaType: string; body: Uint8Array }) {
      stored.push({ tenant, mediaType, body: Buffer.from(body) });
      const sha256 = createHash('sha256').update(body).digest('hex');
      return { artifactId: `a${stored.length}`, mediaType, bytes: body.byteLength, sha256 };
    },
  };
}

const answerOf = (content: McpAnswer['content'], other: Partial<McpAnswer> = {}): McpAnswer => ({
  isError: false,
  content,
  structured: null,
  bytes: 0,
  ...other,
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('toToolResult', () => {
  it('each kind of block → its own kind, binary data as artifacts', async () => {
    const store = memoryStore();
    const result = await toToolResult(
      DEFAULT_TENANT_ID,
      answerOf(
        [
          { type: 'text', text: 'plain' },
          { type: 'image', mimeType: 'image/png', data: base64('picture') },
          { type: 'audio', mimeType: 'audio/wav', data: base64('sound') },
          { type: 'resource_link', uri: 'file:///a', name: 'a' },
          {
            type: 'resource',
            resource: { uri: 'file:///b', mimeType: 'text/plain', text: 'inside' },
          },
          { type: 'resource', resource: { uri: 'file:///c', blob: base64('blob') } },
        ],
        { structured: { answer: 42 } },
      ),
      store,
    );
    expect(result).toMatchObject({
      isError: false,
      structured: { answer: 42 },
      artifact: null,
      content: [
        { kind: 'text', text: 'plain' },
        { kind: 'image', mediaType: 'image/png', artifact: { bytes: 7 } },
        { kind: 'audio', mediaType: 'audio/wav', artifact: { bytes: 5 } },
        { kind: 'resource-link', uri: 'file:///a', name: 'a' },
        {
          kind: 'resource',
          uri: 'file:///b',
          mediaType: 'text/plain',
          text: 'inside',
          artifact: null,
        },
        { kind: 'resource', uri: 'file:///c', mediaType: null, text: null, artifact: { bytes: 4 } },
      ],
    });
    expect(store.stored.map(({ tenant, body }) => `${tenant} ${String(body)}`)).toEqual([
      'default picture',
      'default sound',
      'default blob',
    ]);
  });

  it('an error → stays an answer', async () => {
    const answer = answerOf([{ type: 'text', text: 'no' }], { isError: true });
    expect(await toToolResult(DEFAULT_TENANT_ID, answer, memoryStore())).toMatchObject({
      isError: true,
      content: [{ kind: 'text', text: 'no' }],
    });
  });

  it('more than 32 KiB → the whole as an artifact, a preview and the pictures in place', async () => {
    const store = memoryStore();
    const text = 'ä'.repeat(20_000);
    const result = await toToolResult(
      DEFAULT_TENANT_ID,
      answerOf(
        [
          { type: 'text', text },
          { type: 'image', mimeType: 'image/png', data: base64('picture') },
        ],
        { structured: { rows: [1, 2] } },
      ),
      store,
    );
    expect(result.structured).toBeNull();
    expect(result.artifact).toMatchObject({ mediaType: 'application/json' });
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(8_000);
    expect(result.content).toMatchObject([
      {
        kind: 'text',
        text: expect.stringMatching(/^ä{2000}… \[the first characters of 40\d{3} bytes/),
      },
      { kind: 'image' },
    ]);
    const whole = JSON.parse(String(store.stored.at(-1)?.body)) as Record<string, unknown>;
    expect(whole).toMatchObject({
      structured: { rows: [1, 2] },
      content: [{ kind: 'text', text }, {}],
    });
  });

  it('large and only structured → a preview of its JSON', async () => {
    const structured = { rows: Array.from({ length: 10_000 }, (_, index) => index) };
    const result = await toToolResult(
      DEFAULT_TENANT_ID,
      answerOf([], { structured }),
      memoryStore(),
    );
    expect(result.content[0]).toMatchObject({
      kind: 'text',
      text: expect.stringMatching(/^\{"rows":\[0,1,/),
    });
    expect(result.artifact).not.toBeNull();
  });

  it('just at the limit → inline', async () => {
    const overhead = Buffer.byteLength(
      JSON.stringify({ content: [{ kind: 'text', text: '' }], structured: null }),
    );
    const size = 32 * 1024 - overhead;
    const inline = await toToolResult(
      DEFAULT_TENANT_ID,
      answerOf([{ type: 'text', text: 'x'.repeat(size) }]),
      memoryStore(),
    );
    expect(inline.artifact).toBeNull();
    const stored = await toToolResult(
      DEFAULT_TENANT_ID,
      answerOf([{ type: 'text', text: 'x'.repeat(size + 1) }]),
      memoryStore(),
    );
    expect(stored.artifact).not.toBeNull();
  });

  it.each(['image/png\r\nX-Evil: 1', 'text/plain; \0'])(
    'the media type %j, which no header or SQL text can hold → replaced',
    async (mimeType) => {
      const store = memoryStore();
      const block = { type: 'image', mimeType, data: base64('p') } as const;
      const result = await toToolResult(DEFAULT_TENANT_ID, answerOf([block]), store);
      expect(result.content[0]).toMatchObject({ mediaType: 'application/octet-stream' });
    },
  );
});
