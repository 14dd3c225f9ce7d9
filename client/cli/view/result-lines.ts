import type { ToolResult } from '../../index.ts';
import { cleanText } from './clean-text.ts';
import { degradedLines } from './degraded-lines.ts';
import type { Style } from './style.ts';

/** A tool's answer for people: its text, and a line for all that is no text. */
export function resultLines(result: ToolResult, style: Style): readonly string[] {
  const blocks = result.content.map((block) => {
    switch (block.kind) {
      case 'text':
        return cleanText(block.text);
      case 'image':
      case 'audio':
        return style.dim(
          `[${block.kind} ${block.mediaType}, artifact ${block.artifact.artifactId}]`,
        );
      case 'resource-link':
        return style.dim(`[link ${cleanText(block.name)}: ${cleanText(block.uri)}]`);
      case 'resource':
        return block.text === null
          ? style.dim(`[resource ${cleanText(block.uri)}]`)
          : cleanText(block.text);
    }
  });
  const isOnlyStructured = blocks.length === 0 && result.structured !== null;
  return [
    ...(result.isError ? [style.bad('The tool says no:')] : []),
    ...degradedLines(result.degraded, style),
    ...blocks,
    ...(isOnlyStructured ? [JSON.stringify(result.structured, null, 2)] : []),
    ...(result.artifact === null
      ? []
      : [
          style.dim(
            `[cut; the whole answer of ${result.artifact.bytes} bytes is artifact ${result.artifact.artifactId}]`,
          ),
        ]),
  ];
}
