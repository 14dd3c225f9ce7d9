import { hash } from 'node:crypto';
import type { ToolId } from '../../../common/tool.ts';
import type { SavedIndex, SavedVector } from '../index/index-file.ts';
import type { VectorIndex } from '../index/vector-index.ts';
import type { RegisteredTool } from '../registered-tool.ts';
import type { NearTool, SearchAnswer, SearchOptions } from '../tool-index.ts';
import { chooseTools } from './choose-tools.ts';
import { confidence, FIT_THRESHOLD } from './confidence.ts';
import { fitEvidence } from './fit-evidence.ts';
import type { LexicalIndex } from './lexical-index.ts';
import { createLexicalIndex } from './lexical-index.ts';
import type { Probe, ScoredTool } from './score-tools.ts';
import { scoreTools } from './score-tools.ts';
import { searchWords } from './search-words.ts';
import { toolFilter } from './tool-filter.ts';
import { lexicalText } from './tool-text.ts';
import type { Embed } from './tool-vectors.ts';
import { embedTools, vectorSource } from './tool-vectors.ts';

/** One tenant's tools, searched in both ways. One `sync` at a time. */
export interface TenantIndex {
  readonly implementation: VectorIndex['implementation'];
  readonly size: number;
  sync(
    tools: readonly RegisteredTool[],
    embed: Embed,
    examples?: ExamplesOf,
  ): Promise<{ readonly added: number; readonly updated: number; readonly removed: number }>;
  /** @param probes the whole request, then each of its steps */
  search(probes: readonly [Probe, ...Probe[]], options: SearchOptions): SearchAnswer;
  /** `null` where it is not, or no longer, in the index. */
  tool(id: ToolId): RegisteredTool | null;
  /** The nearest tools of other servers. */
  near(id: ToolId, k: number): readonly NearTool[];
  toSaved(): Pick<SavedIndex, 'vectors' | 'graph'>;
}

/** Example requests by a tool's fingerprint. */
export type ExamplesOf = ReadonlyMap<string, readonly string[]>;

interface IndexedTool {
  readonly tool: RegisteredTool;
  readonly examples: readonly string[];
  /** Of what its vector is made from. */
  readonly textHash: string;
}

interface SearchedIn {
  readonly tools: ReadonlyMap<string, IndexedTool>;
  readonly dense: VectorIndex;
  readonly lexical: LexicalIndex;
}

/** Texts embedded before the vectors so far go into the index. */
const EMBED_AT_ONCE = 128;

/** @param saved vectors of an earlier run; used for tools whose text is still the same */
export async function openTenantIndex(
  dense: VectorIndex,
  saved: readonly SavedVector[],
): Promise<TenantIndex> {
  const tools = new Map<string, IndexedTool>();
  /** Hash of the text behind each vector. */
  const embedded = new Map(saved.map(({ key, textHash }) => [key, textHash]));
  const lexical = createLexicalIndex();
  await dense.put(saved);

  const remove = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) {
      tools.delete(id);
      embedded.delete(id);
      lexical.remove(id);
    }
    await dense.remove(ids);
  };
  const note = (entry: IndexedTool): void => {
    const { id } = entry.tool;
    const known = tools.get(id);
    if (known?.tool.fingerprint !== entry.tool.fingerprint || known.textHash !== entry.textHash) {
      lexical.put(id, searchWords([lexicalText(entry.tool), ...entry.examples].join(' ')));
    }
    tools.set(id, entry);
  };

  return {
    implementation: dense.implementation,
    get size() {
      return tools.size;
    },
    async sync(listed, embed, examples = new Map()) {
      const entries = listed.map((tool) => toEntry(tool, examples));
      const ids = new Set<string>(listed.map(({ id }) => id));
      const gone = [...embedded.keys()].filter((id) => !ids.has(id));
      const added = entries.filter(({ tool }) => !embedded.has(tool.id)).length;
      const changed = entries.filter((entry) => isChanged(entry, tools, embedded)).length;
      await remove(gone);

      const stale = entries.filter(({ tool, textHash }) => embedded.get(tool.id) !== textHash);
      for (let start = 0; start < stale.length; start += EMBED_AT_ONCE) {
        const batch = stale.slice(start, start + EMBED_AT_ONCE);
        await dense.put(await embedTools(batch, embed));
        for (const { tool, textHash } of batch) embedded.set(tool.id, textHash);
      }
      for (const entry of entries) note(entry);
      return { added, updated: changed - added, removed: gone.length };
    },
    search: (probes, options) => searchTools({ tools, dense, lexical }, probes, options),
    tool: (id) => tools.get(id)?.tool ?? null,
    near: (id, k) => nearTools({ tools, dense }, id, k),
    toSaved: () => ({
      vectors: [...dense.entries()].map(({ key, vector }) => ({
        key,
        vector,
        textHash: embedded.get(key) ?? '',
      })),
      graph: dense.snapshot(),
    }),
  };
}

function searchTools(
  { tools, dense, lexical }: SearchedIn,
  [whole, ...steps]: readonly [Probe, ...Probe[]],
  options: SearchOptions,
): SearchAnswer {
  const wanted = toolFilter(options);
  const accept = (id: string): boolean => {
    const entry = tools.get(id);
    return entry !== undefined && wanted(entry.tool);
  };
  const score = (probe: Probe): ReadonlyMap<string, ScoredTool> =>
    scoreTools(dense, lexical, probe, accept);
  const ofWhole = score(whole);
  const ofSteps = steps.map(score);
  const hits = chooseTools(ofWhole, ofSteps, options.k).map(({ key, score: total, step }) => {
    const reason = ofSteps[step]?.get(key) ?? ofWhole.get(key);
    return {
      id: key as ToolId,
      score: total,
      matched: steps[step]?.text ?? null,
      arms: { dense: reason?.dense ?? null, lexical: reason?.lexical ?? null },
    };
  });
  const words = searchWords(whole.text);
  const evidence = fitEvidence({ whole: ofWhole, steps: ofSteps, words, lexical, accept });
  const sure = confidence(evidence);
  return { hits, confidence: sure, fits: sure >= FIT_THRESHOLD, evidence };
}

function nearTools(
  { tools, dense }: Pick<SearchedIn, 'tools' | 'dense'>,
  id: ToolId,
  k: number,
): readonly NearTool[] {
  const own = tools.get(id)?.tool;
  const vector = dense.get(id);
  if (own === undefined || vector === null) return [];
  const isOther = (key: string): boolean => {
    const server = tools.get(key)?.tool.server;
    return server !== undefined && server !== own.server;
  };
  const near = dense.search(vector, k, isOther);
  return near.map(({ key, score }) => ({ id: key as ToolId, cosine: score }));
}

function toEntry(tool: RegisteredTool, examplesOf: ExamplesOf): IndexedTool {
  const examples = examplesOf.get(tool.fingerprint) ?? [];
  const textHash = hash('sha256', vectorSource({ tool, examples }), 'base64url');
  return { tool, examples, textHash };
}

/** Also when only what is not searched changed; a tool of an earlier run counts by its text. */
function isChanged(
  { tool, textHash }: IndexedTool,
  tools: ReadonlyMap<string, IndexedTool>,
  embedded: ReadonlyMap<string, string>,
): boolean {
  const known = tools.get(tool.id);
  if (embedded.get(tool.id) !== textHash) return true;
  return known !== undefined && known.tool.fingerprint !== tool.fingerprint;
}
