// Proves how the tool index follows the registry, keeps tenants apart, filters, saves and comes
// back from bad files. Embeddings are made by counting letters: no model, same seam.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LlmUsage } from '../../../common/llm.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { EffectClass, ServerName, ToolId } from '../../../common/tool.ts';
import { createMemoryCache } from '../../../services/cache/memory-cache.ts';
import type { Embedder } from '../../../services/embeddings/embedder.ts';
import type { RegisteredTool } from '../../../services/registry/registered-tool.ts';
import type { Reranker } from '../../../services/registry/search/reranker.ts';
import type { ToolIndex, ToolIndexDeps } from '../../../services/registry/tool-index.ts';
import { createToolIndex } from '../../../services/registry/tool-index.ts';
import { createMetrics } from '../../../services/telemetry/metrics.ts';

const ACME = 'acme' as TenantId;
const OTHER = '../other' as TenantId;
const LETTERS = 26;

let dir = '';
let embedded: string[] = [];
let warnings: string[] = [];
let opened: ToolIndex[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tool-index-'));
  embedded = [];
  warnings = [];
  opened = [];
});
afterEach(async () => {
  // An index that is open may still write to its folder.
  await Promise.allSettled(opened.map((index) => index.close()));
  await rm(dir, { recursive: true, force: true });
});

function letterEmbedder(id = 'letters/1'): Embedder {
  return {
    id,
    dimensions: LETTERS,
    embed(texts) {
      embedded.push(...texts);
      return Promise.resolve(texts.map(letters));
    },
    close: () => Promise.resolve(),
  };
}

function letters(text: string): Float32Array {
  const counts = new Float32Array(LETTERS).fill(0.01);
  for (const char of text.toLowerCase()) {
    const letter = char.charCodeAt(0) - 97;
    if (letter >= 0 && letter < LETTERS) counts[letter] = (counts[letter] ?? 0) + 1;
  }
  const length = Math.hypot(...counts);
  return counts.map((count) => count / length);
}

function open({
  embedder = letterEmbedder(),
  folder = dir as string | null,
  reranker = undefined as Reranker | undefined,
  examples = undefined as ToolIndexDeps['examples'],
} = {}) {
  const metrics = createMetrics();
  const cache = createMemoryCache<Float32Array>({
    name: 'query-vectors',
    maxBytes: 1e6,
    maxEntries: 100,
    ttlMs: 60_000,
    sizeOf: (vector) => vector.byteLength,
    metrics,
  });
  const log = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) });
  const index = createToolIndex({
    embedder,
    dir: folder,
    cache,
    metrics,
    log,
    ...(reranker === undefined ? {} : { reranker }),
    ...(examples === undefined ? {} : { examples }),
  });
  opened.push(index);
  return index;
}

function tool(id: string, description: string, more: Partial<RegisteredTool> = {}): RegisteredTool {
  const [server = '', name = ''] = id.split('/');
  return {
    tenantId: ACME,
    id: id as ToolId,
    server: server as ServerName,
    name,
    modelName: `${server}_${name}`,
    title: null,
    description,
    inputSchema: { type: 'object' },
    outputSchema: null,
    fingerprint: `${id} ${description}`,
    effect: 'read',
    enabled: true,
    status: 'active',
    tags: [],
    warnings: [],
    lastSeenMs: 0,
    ...more,
  };
}

const READ = tool('fs/read_file', 'Reads a file from disk');
const MAIL = tool('mail/send', 'Sends an e-mail to people', { effect: 'non-idempotent' });
const ZIP = tool('fs/zip', 'Compresses a folder into an archive');

describe('example requests', () => {
  it('written later for a tool → found by their words; only that tool is embedded again', async () => {
    const written = new Map<string, readonly string[]>();
    const index = open({ examples: async () => written });
    const all = [READ, MAIL, ZIP];
    await index.sync(ACME, all);
    const asked = 'quux jazz';
    const before = await index.find(ACME, asked, { k: 3 });
    expect(before.hits.map(({ arms }) => arms.lexical)).toEqual([null, null, null]);
    written.set(ZIP.fingerprint, ['quux jazz']);
    embedded = [];
    expect(await index.sync(ACME, all)).toEqual({ added: 0, updated: 1, removed: 0 });
    expect(embedded).toHaveLength(3);
    const { hits } = await index.find(ACME, asked, { k: 3 });
    expect(hits[0]).toMatchObject({ id: ZIP.id, arms: { lexical: { rank: 1 } } });
    embedded = [];
    await index.sync(ACME, all);
    expect(embedded).toEqual([]);
  });

  it('kept in the file → the next start embeds nothing; without them only that tool', async () => {
    const written = new Map([[ZIP.fingerprint, ['quux jazz']]]);
    const first = open({ examples: async () => written });
    await first.sync(ACME, [READ, ZIP]);
    await first.close();
    embedded = [];
    await open({ examples: async () => written }).sync(ACME, [READ, ZIP]);
    expect(embedded).toEqual([]);
    await open().sync(ACME, [READ, ZIP]);
    expect(embedded).toHaveLength(2);
  });
});

describe('near', () => {
  it('a tool → the likest of other servers, nearest first; none of its own or unknown', async () => {
    const index = open();
    const twin = tool('disk/read_file', 'Reads a file from disk');
    await index.sync(ACME, [READ, MAIL, ZIP, twin]);
    const near = await index.near(ACME, READ.id, 5);
    expect(near.map(({ id }) => id)).toEqual([twin.id, MAIL.id]);
    expect(near[0]?.cosine).toBeGreaterThan(near[1]?.cosine ?? 1);
    expect(await index.near(ACME, READ.id, 1)).toHaveLength(1);
    expect(await index.near(ACME, 'no/such' as ToolId, 5)).toEqual([]);
    expect(await index.near(OTHER, READ.id, 5)).toEqual([]);
  });
});

describe('a reranker', () => {
  const all = [READ, MAIL, ZIP];

  it('reads more hits than asked for → its choice first, then the rest, k in all', async () => {
    const read: string[][] = [];
    const index = open({
      reranker: {
        async rerank(_tenantId, _request, candidates) {
          read.push(candidates.map(({ id }) => id).sort());
          return [MAIL.id, 'not/there' as ToolId, MAIL.id];
        },
      },
    });
    await index.sync(ACME, all);
    const { hits, fits } = await index.find(ACME, 'read a file from disk', { k: 2 });
    expect(read).toEqual([all.map(({ id }) => id).sort()]);
    expect(hits.map(({ id, arms }) => [id, arms.reranked])).toEqual([
      [MAIL.id, { rank: 1 }],
      [READ.id, null],
    ]);
    expect(fits).toBe(true);
  });

  it('asks a model → whoever searches is told what that used', async () => {
    const used = { inputTokens: 9 } as LlmUsage;
    const index = open({
      reranker: {
        rerank: async (_tenantId, _request, candidates, onUsage) => {
          onUsage?.(used);
          return candidates.map(({ id }) => id);
        },
      },
    });
    await index.sync(ACME, all);
    const told: LlmUsage[] = [];
    await index.find(ACME, 'read a file', { k: 1, onUsage: (usage) => void told.push(usage) });
    expect(told).toEqual([used]);
  });

  it('chooses none → nothing fits; the nearest are shown all the same', async () => {
    const index = open({ reranker: { rerank: async () => [] } });
    await index.sync(ACME, all);
    const { hits, fits } = await index.find(ACME, 'read a file from disk', { k: 1 });
    expect([hits.map(({ id }) => id), fits]).toEqual([[READ.id], false]);
  });

  it('fails → the search as it was, with a warning', async () => {
    const index = open({ reranker: { rerank: () => Promise.reject(new Error('model away')) } });
    await index.sync(ACME, all);
    const { hits, fits } = await index.find(ACME, 'read a file from disk', { k: 1 });
    expect([hits.map(({ id }) => id), fits]).toEqual([[READ.id], true]);
    expect(warnings.join()).toContain('not reranked');
  });
});

describe('sync', () => {
  it('first, then with changes → counts, and only new texts are embedded', async () => {
    const index = open();
    expect(await index.sync(ACME, [READ, MAIL])).toEqual({ added: 2, updated: 0, removed: 0 });
    expect(embedded.sort()).toEqual([
      'fs: read file. Reads a file from disk',
      'mail: send. Sends an e-mail to people',
      'read file',
      'send',
    ]);
    embedded = [];
    expect(await index.sync(ACME, [READ, MAIL])).toEqual({ added: 0, updated: 0, removed: 0 });
    expect(embedded).toEqual([]);
    const newSchema = {
      ...READ,
      fingerprint: 'other',
      inputSchema: { type: 'object', title: 'x' },
    };
    const newText = tool('mail/send', 'Delivers letters');
    expect(await index.sync(ACME, [newSchema, newText, ZIP])).toEqual({
      added: 1,
      updated: 2,
      removed: 0,
    });
    expect(await index.sync(ACME, [ZIP])).toEqual({ added: 0, updated: 0, removed: 2 });
    expect(index.health()).toMatchObject({ entries: 1 });
  });

  it('two at once → one after the other, the later stands', async () => {
    const index = open();
    await Promise.all([index.sync(ACME, [READ, MAIL]), index.sync(ACME, [ZIP])]);
    const hits = await index.search(ACME, 'file', { k: 10 });
    expect(hits.map(({ id }) => id)).toEqual(['fs/zip']);
  });

  it('a search while tools change → hits of tools that are or were there, no error', async () => {
    const index = open();
    await index.sync(ACME, [READ, MAIL, ZIP]);
    const [hits] = await Promise.all([
      index.search(ACME, 'reads a file', { k: 3 }),
      index.sync(ACME, [MAIL]),
    ]);
    expect(hits.length).toBeGreaterThan(0);
    expect(await index.search(ACME, 'reads a file', { k: 3 })).toHaveLength(1);
  });
});

describe('search', () => {
  it("a tool's own words → that tool first, with what each arm said", async () => {
    const index = open();
    await index.sync(ACME, [READ, MAIL, ZIP]);
    const [hit] = await index.search(ACME, 'read a file from disk', { k: 2 });
    expect(hit).toMatchObject({
      id: 'fs/read_file',
      arms: { dense: { rank: 1 }, lexical: { rank: 1 } },
    });
    expect(hit?.arms.dense?.score).toBeGreaterThan(0.5);
  });

  it('servers and effects given → only those', async () => {
    const index = open();
    await index.sync(ACME, [READ, MAIL, ZIP]);
    const servers = ['mail' as ServerName];
    const effects: EffectClass[] = ['read'];
    const ids = async (options: object): Promise<string[]> =>
      (await index.search(ACME, 'file', { k: 9, ...options })).map(({ id }) => id);
    expect(await ids({ servers })).toEqual(['mail/send']);
    expect((await ids({ effects })).sort()).toEqual(['fs/read_file', 'fs/zip']);
    expect(await ids({ servers, effects })).toEqual([]);
  });

  it('tags, servers to skip, tools known already → as asked', async () => {
    const index = open();
    await index.sync(ACME, [
      { ...READ, tags: ['files'] },
      MAIL,
      { ...ZIP, tags: ['files', 'slow'] },
    ]);
    const ids = async (options: object): Promise<string[]> =>
      (await index.search(ACME, 'file', { k: 9, ...options })).map(({ id }) => id).sort();
    expect(await ids({ tags: ['files'] })).toEqual(['fs/read_file', 'fs/zip']);
    expect(await ids({ tags: ['slow', 'other'] })).toEqual(['fs/zip']);
    expect(await ids({ skipServers: ['fs'] })).toEqual(['mail/send']);
    expect(await ids({ exclude: ['fs/read_file', 'mail/send'] })).toEqual(['fs/zip']);
  });

  it('several steps → a tool for each, and which step it serves', async () => {
    const index = open();
    await index.sync(ACME, [READ, MAIL, ZIP]);
    const hits = await index.search(ACME, 'Read a file. Send an e-mail to people.', { k: 2 });
    expect(new Map(hits.map(({ id, matched }) => [id, matched]))).toEqual(
      new Map([
        ['fs/read_file', 'Read a file.'],
        ['mail/send', 'Send an e-mail to people.'],
      ]),
    );
  });

  it('a request by kind of server and task → found by both', async () => {
    const index = open();
    await index.sync(ACME, [READ, MAIL, ZIP]);
    const request = { server: 'mail', tool: 'send a message' };
    expect((await index.search(ACME, request, { k: 1 })).map(({ id }) => id)).toEqual([
      'mail/send',
    ]);
  });

  it('words that no tool speaks of → hits, but nothing fits', async () => {
    const index = open();
    await index.sync(ACME, [READ, MAIL, ZIP]);
    const near = await index.find(ACME, 'read a file from disk', { k: 1 });
    const far = await index.find(ACME, 'zzz qqq jjj', { k: 1 });
    expect(near.fits).toBe(true);
    expect(far).toMatchObject({ fits: false });
    expect(far.confidence).toBeLessThan(near.confidence);
    expect(await index.find(ACME, '', { k: 1 })).toEqual({
      hits: [],
      confidence: 0,
      fits: false,
      evidence: null,
    });
  });

  it('equal descriptions, equal names on two servers → all found, in a fixed order, each by itself', async () => {
    const twins = ['b/copy', 'a/copy', 'a/other'].map((id) => tool(id, 'Copies a thing'));
    const index = open();
    await index.sync(ACME, twins);
    const ids = async () => (await index.search(ACME, 'copy', { k: 9 })).map(({ id }) => id);
    const first = await ids();
    expect([...first].sort()).toEqual(['a/copy', 'a/other', 'b/copy']);
    const again = open({ folder: null });
    await again.sync(ACME, twins.toReversed());
    expect((await again.search(ACME, 'copy', { k: 9 })).map(({ id }) => id)).toEqual(first);
    await index.sync(ACME, twins.slice(1));
    expect(await ids()).toEqual(first.filter((id) => id !== 'b/copy'));
  });

  it.each([
    ['German', 'übersetze diesen Text', 'x/t1'],
    ['Russian', 'переведи этот текст', 'x/t2'],
    ['Chinese', '请翻译文本', 'x/t3'],
    ['Greek', 'μετάφραση κειμένου', 'x/t4'],
    ['Arabic', 'ترجمة النص', 'x/t5'],
    ['nothing but signs', '🙂 ¿?', null],
  ])('a request in %s → found by the words of that language', async (_language, request, id) => {
    const index = open();
    await index.sync(ACME, [
      tool('x/t1', 'Kann jeden Text in andere Sprachen übersetzen'),
      tool('x/t2', 'Переводит текст на другие языки'),
      tool('x/t3', '把文本翻译成其他语言'),
      tool('x/t4', 'Κάνει μετάφραση κειμένου σε άλλες γλώσσες'),
      tool('x/t5', 'ترجمة النص إلى لغات أخرى'),
      READ,
    ]);
    const { hits } = await index.find(ACME, request, { k: 6 });
    const worded = hits.filter(({ arms }) => arms.lexical !== null).map((hit) => hit.id);
    expect(worded).toEqual(id === null ? [] : [id]);
  });

  it('a 5 MB schema, no description, a 100 kB query → an answer', async () => {
    const index = open();
    const properties = Object.fromEntries(
      Array.from({ length: 50_000 }, (_, i) => [`field${i}`, { description: 'x'.repeat(80) }]),
    );
    await index.sync(ACME, [tool('big/tool', '', { inputSchema: { type: 'object', properties } })]);
    const query = 'Big tool with words. '.repeat(5_000);
    expect(await index.search(ACME, query, { k: 3 })).toHaveLength(1);
  });

  it('empty query, k of 0, no tools → nothing', async () => {
    const index = open();
    expect(await index.search(ACME, 'file', { k: 5 })).toEqual([]);
    await index.sync(ACME, [READ]);
    expect(await index.search(ACME, '  ', { k: 5 })).toEqual([]);
    expect(await index.search(ACME, 'file', { k: 0 })).toEqual([]);
  });

  it('the same query again → embedded once', async () => {
    const index = open();
    await index.sync(ACME, [READ]);
    embedded = [];
    await index.search(ACME, 'file', { k: 5 });
    await index.search(ACME, 'file', { k: 5 });
    expect(embedded).toEqual(['file']);
  });

  it("another tenant's tools → never found", async () => {
    const index = open();
    await index.sync(ACME, [READ]);
    await index.sync(OTHER, [MAIL]);
    expect((await index.search(OTHER, 'read file', { k: 9 })).map(({ id }) => id)).toEqual([
      'mail/send',
    ]);
  });
});

describe('saved index', () => {
  it('opened again → nothing is embedded that is still the same; what differs is', async () => {
    const before = open();
    await before.sync(ACME, [READ, MAIL]);
    await before.close();
    embedded = [];
    const after = open();
    const newText = tool('mail/send', 'Delivers letters');
    expect(await after.sync(ACME, [READ, newText])).toEqual({ added: 0, updated: 1, removed: 0 });
    expect(embedded).toEqual(['mail: send. Delivers letters', 'send']);
    const [hit] = await after.search(ACME, 'delivers letters', { k: 1 });
    expect(hit?.id).toBe('mail/send');
  });

  it('a tenant id with path signs → a file in the folder, nowhere else', async () => {
    const index = open();
    await index.sync(OTHER, [READ]);
    await index.close();
    expect(await readdir(dir)).toEqual(['%2E%2E%2Fother.index']);
  });

  it('corrupted → built anew, with a warning', async () => {
    await writeFile(join(dir, 'acme.index'), 'garbage');
    const index = open();
    expect(await index.sync(ACME, [READ])).toMatchObject({ added: 1 });
    expect(warnings.join('')).toContain('cannot be read; it is built anew');
    await index.close();
    const again = open();
    expect(await again.sync(ACME, [READ])).toMatchObject({ added: 0, updated: 0 });
  });

  it('made by another embedder → refused and built anew, with a warning', async () => {
    const before = open();
    await before.sync(ACME, [READ]);
    await before.close();
    embedded = [];
    const after = open({ embedder: letterEmbedder('letters/2') });
    await after.sync(ACME, [READ]);
    expect(embedded).toHaveLength(2);
    expect(warnings.join('')).toContain('another embedder than letters/2');
  });

  it('a folder that cannot be written → search works, health says so', async () => {
    const file = join(dir, 'a-file');
    await writeFile(file, '');
    const index = open({ folder: join(file, 'below') });
    await index.sync(ACME, [READ]);
    await index.save();
    expect(await index.search(ACME, 'file', { k: 1 })).toHaveLength(1);
    expect(index.health().problem).toContain('cannot be saved');
  });
});
