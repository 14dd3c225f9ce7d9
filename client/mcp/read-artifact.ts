import type { CallToolResult } from '@modelcontextprotocol/server';
import type { ArtifactQuery } from '../../common/view-artifact.ts';
import { viewArtifact } from '../../common/view-artifact.ts';
import type { McpEngine } from './mcp-engine.ts';
import { errorResult, structuredResult } from './to-call-result.ts';

/** A part of an artifact of the caller's tenant. */
export async function readArtifact(
  engine: Pick<McpEngine, 'readArtifact'>,
  { artifactId, ...query }: ArtifactQuery & { readonly artifactId: string },
): Promise<CallToolResult> {
  const body = await engine.readArtifact(artifactId);
  // The query's own limit is the only one: whoever asks counts in characters.
  const view = viewArtifact(body, query, (text) => text.length);
  switch (view.kind) {
    case 'problem':
      return errorResult(`Artifact "${artifactId}": ${view.problem}`);
    case 'matches': {
      const { totalChars, matches } = view;
      const nothing = { text: null, offset: null, nextOffset: null };
      return structuredResult({ artifactId, totalChars, ...nothing, matches });
    }
    case 'piece': {
      const { totalChars, text, offset, nextOffset } = view;
      return structuredResult({ artifactId, totalChars, text, offset, nextOffset, matches: null });
    }
  }
}
