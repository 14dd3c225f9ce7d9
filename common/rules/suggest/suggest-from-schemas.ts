import type { JsonObject } from '../../json.ts';
import { nameWords, share } from '../../optimise/name-words.ts';
import type { OutputField } from '../../optimise/output-fields.ts';
import { outputFields } from '../../optimise/output-fields.ts';
import { sharesType, typesOf } from '../../optimise/schema-types.ts';
import { stepHoles } from '../../optimise/step-holes.ts';
import type { ToolDescriptor, ToolId } from '../../tool.ts';
import type { RuleSuggestion } from './rule-suggestion.ts';
import { bySuggestionOrder } from './rule-suggestion.ts';
import { suggestionId } from './suggestion-id.ts';

export type DescribedTool = Pick<
  ToolDescriptor,
  'id' | 'server' | 'name' | 'inputSchema' | 'outputSchema'
>;

interface Maker {
  readonly tool: ToolId;
  readonly words: readonly string[];
  readonly fields: readonly OutputField[];
}

/** More makers of one value mean that its name says little. */
const MAX_MAKERS = 3;

/**
 * `feeds` rules that schemas speak for: a required argument of one tool is called what another tool
 * of the same server says it answers, by the whole name (`invoiceId`) or by the tool's (`id` of
 * `create_invoice`), and the types agree. Names of two servers mean two things. Best first.
 */
export function suggestFromSchemas(tools: readonly DescribedTool[]): readonly RuleSuggestion[] {
  const servers = Map.groupBy(tools, ({ server }) => server);
  return [...servers.values()].flatMap(suggestWithinServer).sort(bySuggestionOrder);
}

function suggestWithinServer(tools: readonly DescribedTool[]): readonly RuleSuggestion[] {
  const makers = tools.map(({ id, name, outputSchema }): Maker => {
    return { tool: id, words: nameWords(name), fields: outputFields(outputSchema) };
  });
  const takers = tools.flatMap(({ id, inputSchema }) =>
    stepHoles({ args: {} }, inputSchema).map(({ name, schema }) => ({ tool: id, name, schema })),
  );
  return takers.flatMap((taker) => {
    const found = makers.flatMap((maker) => {
      // Who asks for the value too hands it on and does not make it.
      const isMaker = !takers.some(({ tool, name }) => tool === maker.tool && name === taker.name);
      return isMaker && maker.tool !== taker.tool ? fieldFor(taker, maker) : [];
    });
    return found.length > MAX_MAKERS ? [] : found.map((match) => toSuggestion(taker, match));
  });
}

interface Taker {
  readonly tool: ToolId;
  readonly name: string;
  readonly schema: JsonObject | null;
}

interface Match {
  readonly maker: Maker;
  readonly field: OutputField;
  readonly confidence: number;
}

function fieldFor({ name, schema }: Taker, maker: Maker): readonly Match[] {
  const wanted = nameWords(name);
  const types = typesOf(schema);
  const matches = maker.fields.flatMap((field): readonly Match[] => {
    const confidence = likeness(wanted, field.words, maker.words);
    const fits = confidence > 0 && sharesType(types, field.types);
    return fits ? [{ maker, field, confidence }] : [];
  });
  // The outermost of equally good ones: `fields` has those first.
  const best = matches.reduce<Match | null>((top, match) => {
    return top === null || match.confidence > top.confidence ? match : top;
  }, null);
  return best === null ? [] : [best];
}

/**
 * By the whole name, and by a name that the tool's completes. Not measured: they rank what schemas
 * make possible below what several runs did.
 */
const WHOLE_NAME = 0.5;
const TOOLS_NAME = 0.4;

/** One word, such as `id` or `name`, means many things unless the tool says of what. */
function likeness(
  wanted: readonly string[],
  own: readonly string[],
  makers: readonly string[],
): number {
  if (wanted.length < 2 || share(own, wanted) < 1) return 0;
  if (share(wanted, own) === 1) return WHOLE_NAME;
  return share(wanted, [...own, ...makers]) === 1 ? TOOLS_NAME : 0;
}

function toSuggestion({ tool, name }: Taker, { maker, field, confidence }: Match): RuleSuggestion {
  const body = {
    kind: 'feeds',
    from: maker.tool,
    output: field.path,
    to: tool,
    argument: name,
    required: false,
  } as const;
  const id = suggestionId(body, [maker.tool, tool]);
  const detail = `the schemas call both by the same name: "${field.path}" and "${name}"`;
  return {
    id,
    rule: { ...body, name: id, reason: detail },
    evidence: { kind: 'schemas', detail },
    confidence,
  };
}
