import type { ContentBlock } from '@modelcontextprotocol/client';
import { resultText } from '../../common/result-value.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ToolContent, ToolResult } from '../../common/tool.ts';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import type { McpAnswer } from './mcp-call.ts';

/** More than this is not kept in a history. */
const MAX_INLINE_BYTES = 32 * 1024;
const PREVIEW_CHARS = 2_000;
/** Images and links that a preview still names. */
const PREVIEW_BLOCKS = 20;
const MEDIA_TYPE = /^[\w.+-]{1,64}\/[\w.+-]{1,64}(?:\s*;[\x20-\x7e]{0,64})?$/;

/**
 * Puts an answer into the form that histories hold: binary blocks become artifacts, and so does
 * the whole when it exceeds 32 KiB, of which a preview stays.
 *
 * @throws ServiceError from the artifact store.
 */
export async function toToolResult(
  tenantId: TenantId,
  answer: McpAnswer,
  artifacts: Pick<ArtifactStore, 'put'>,
): Promise<ToolResult> {
  const content = await Promise.all(
    answer.content.map((block) => toContent(tenantId, block, artifacts)),
  );
  const { isError, structured } = answer;
  const result: ToolResult = { isError, content, structured, artifact: null };
  const body = Buffer.from(JSON.stringify({ content, structured }));
  if (body.length <= MAX_INLINE_BYTES) return result;
  const artifact = await artifacts.put(tenantId, { mediaType: 'application/json', body });
  return { isError, content: previewOf(result, body.length), structured: null, artifact };
}

async function toContent(
  tenantId: TenantId,
  block: ContentBlock,
  artifacts: Pick<ArtifactStore, 'put'>,
): Promise<ToolContent> {
  const store = (base64: string, mediaType: string) =>
    artifacts.put(tenantId, { mediaType, body: Buffer.from(base64, 'base64') });
  switch (block.type) {
    case 'text':
      return { kind: 'text', text: block.text };
    case 'image':
    case 'audio': {
      const mediaType = safeMediaType(block.mimeType);
      return { kind: block.type, mediaType, artifact: await store(block.data, mediaType) };
    }
    case 'resource_link':
      return { kind: 'resource-link', uri: block.uri, name: block.name };
    case 'resource': {
      const { resource } = block;
      const mediaType = resource.mimeType === undefined ? null : safeMediaType(resource.mimeType);
      const isText = 'text' in resource;
      return {
        kind: 'resource',
        uri: resource.uri,
        mediaType,
        text: isText ? resource.text : null,
        artifact: isText ? null : await store(resource.blob, mediaType ?? UNKNOWN_MEDIA_TYPE),
      };
    }
  }
}

const UNKNOWN_MEDIA_TYPE = 'application/octet-stream';

/** The server's word, unless it could not stand in a header. */
function safeMediaType(given: string): string {
  return MEDIA_TYPE.test(given) ? given : UNKNOWN_MEDIA_TYPE;
}

function previewOf(result: ToolResult, bytes: number): readonly ToolContent[] {
  const text = resultText(result);
  const start =
    text === '' && result.structured !== null ? JSON.stringify(result.structured) : text;
  const note = `… [the first characters of ${bytes} bytes; the rest is in the artifact]`;
  return [
    { kind: 'text', text: `${start.slice(0, PREVIEW_CHARS)}${note}` },
    ...result.content
      .filter(
        (block) => block.kind !== 'text' && !(block.kind === 'resource' && block.text !== null),
      )
      .slice(0, PREVIEW_BLOCKS),
  ];
}
