import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/server';
import type { JsonObject } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';
import { readPiece } from '../../common/read-piece.ts';
import { resultBody } from '../../common/result-value.ts';
import type { ArtifactRef, ToolContent, ToolResult } from '../../common/tool.ts';
import type { McpEngine } from './mcp-engine.ts';

type Reader = Pick<McpEngine, 'readArtifact'>;

/** Of a whole answer; what is larger stays an artifact that is named. */
const MAX_BYTES = 4 * 1024 * 1024;

/** An object of ours; as text too, for clients that read only that. */
export function structuredResult(value: object, isError = false): CallToolResult {
  return {
    content: [{ type: 'text', text: JSON.stringify(value) }],
    structuredContent: value as JsonObject,
    ...(isError ? { isError } : {}),
  };
}

/** Something went wrong, in words that a model can act on. */
export function errorResult(message: string): CallToolResult {
  return { content: [{ type: 'text', text: message }], isError: true };
}

/**
 * A tool's answer in the kinds in which its server gave it: artifacts become bodies again.
 *
 * @param maxChars an answer that lies in an artifact and says more is cut there. @default not cut
 */
export async function toCallResult(
  reader: Reader,
  result: ToolResult,
  maxChars = Number.POSITIVE_INFINITY,
): Promise<CallToolResult> {
  const held = await whole(reader, result);
  const { content, structured } = cut(held, result.artifact, maxChars);
  return {
    content: await toBlocks(reader, content),
    ...(structured === null ? {} : { structuredContent: structured }),
    ...(result.isError ? { isError: true } : {}),
  };
}

type Held = Pick<ToolResult, 'content' | 'structured'>;

/** Answers above 32 KiB lie in an artifact as a whole. */
async function whole(reader: Reader, result: ToolResult): Promise<Held> {
  const { artifact } = result;
  if (artifact === null) return result;
  if (artifact.bytes > MAX_BYTES) {
    return { ...result, content: [...result.content, { kind: 'text', text: nameOf(artifact) }] };
  }
  const body = await reader.readArtifact(artifact.artifactId);
  const held: unknown = JSON.parse(new TextDecoder().decode(body));
  return isJsonObject(held) && Array.isArray(held['content']) ? (held as unknown as Held) : result;
}

/** The text that an answer begins with, and where the rest is; pictures and links stay. */
function cut(held: Held, artifact: ArtifactRef | null, maxChars: number): Held {
  const text = resultBody(held);
  if (artifact === null || text.length <= maxChars) return held;
  const others = held.content.filter(
    (block) => block.kind !== 'text' && !(block.kind === 'resource' && block.text !== null),
  );
  const start = readPiece(text, 0, maxChars).text;
  const note = `… [the first ${start.length} of ${text.length} characters: read_artifact with artifactId "${artifact.artifactId}" reads on]`;
  return { content: [{ kind: 'text', text: start + note }, ...others], structured: null };
}

async function toBlocks(reader: Reader, content: readonly ToolContent[]): Promise<ContentBlock[]> {
  let left = MAX_BYTES;
  const blocks: ContentBlock[] = [];
  for (const block of content) {
    const artifact = 'artifact' in block ? block.artifact : null;
    if (artifact === null) blocks.push(toBlock(block, ''));
    else if (artifact.bytes > left) blocks.push({ type: 'text', text: nameOf(artifact) });
    else {
      left -= artifact.bytes;
      const body = await reader.readArtifact(artifact.artifactId);
      blocks.push(toBlock(block, Buffer.from(body).toString('base64')));
    }
  }
  return blocks;
}

function toBlock(block: ToolContent, base64: string): ContentBlock {
  switch (block.kind) {
    case 'text':
      return { type: 'text', text: block.text };
    case 'image':
    case 'audio':
      return { type: block.kind, data: base64, mimeType: block.mediaType };
    case 'resource-link':
      return { type: 'resource_link', uri: block.uri, name: block.name };
    case 'resource': {
      const { uri, mediaType, text } = block;
      const mime = mediaType === null ? {} : { mimeType: mediaType };
      const resource = text === null ? { uri, ...mime, blob: base64 } : { uri, ...mime, text };
      return { type: 'resource', resource };
    }
  }
}

function nameOf({ artifactId, mediaType, bytes }: ArtifactRef): string {
  return `[${mediaType}, ${bytes} bytes: too large to be sent here; read_artifact with artifactId "${artifactId}" reads it, GET /v1/artifacts/${artifactId} of the API has it]`;
}
