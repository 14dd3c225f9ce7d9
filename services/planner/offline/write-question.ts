import { typesOf } from '../schema-walk.ts';
import { shown } from '../plan-problem.ts';
import type { DraftPlan, Gap } from './draft-plan.ts';
import type { Mention } from './find-mentions.ts';
import type { Property } from './arguments/property.ts';

export const OFFLINE_NOTICE =
  'This is the offline planner: no language model is configured, so it only does what the goal spells out.';

/** What the planner lacks, clause by clause, with what it did understand. Nothing has run. */
export function writeQuestion({ gaps, steps }: DraftPlan): string {
  const understood = steps.map(
    ({ clause, tool, args }) => `- “${clause.text}” → ${tool.id} ${shown(args)}`,
  );
  return [
    `${OFFLINE_NOTICE} Nothing was started, because it would have to guess:`,
    ...gaps.map((gap) => `- “${gap.clause.text}”: ${describeGap(gap)}`),
    ...(understood.length === 0 ? [] : ['', 'Understood so far:', ...understood]),
    '',
    'Complete the goal and start it again, or configure a language model.',
  ].join('\n');
}

function describeGap(gap: Gap): string {
  switch (gap.kind) {
    case 'no-tool': {
      const near = gap.nearest.map(({ id }) => id).join(', ');
      const seen = near === '' ? '' : ` The nearest are ${near}; name one of them if it is meant.`;
      return `no registered tool fits.${seen}`;
    }
    case 'missing': {
      const wanted = gap.missing.map(describeProperty).join('; ');
      return `${gap.tool.id} needs ${wanted}.${describeUnresolved(gap.unresolved, gap.clause.text)}`;
    }
    case 'dangling':
      return `nothing before it says what “${gap.words}” is.`;
    case 'left-over': {
      const texts = gap.texts.join(', ');
      return `${gap.tool.id} has no parameter for ${texts}; name the parameter (as in \`name: value\`) or leave it out.`;
    }
  }
}

function describeProperty({ path, name, schema, types }: Property): string {
  const description = typeof schema['description'] === 'string' ? `: ${schema['description']}` : '';
  const choices = Array.isArray(schema['enum'])
    ? `, one of ${schema['enum'].map(shown).join(', ')}`
    : '';
  const type = types === null ? 'any type' : [...types].join(' or ');
  return `\`${path}\` (${type}${choices}${description}), which can be written as \`${name}: …\``;
}

function describeUnresolved(mentions: readonly Mention[], text: string): string {
  return mentions
    .map(({ start, end, steps }) => {
      const gives = steps.map(({ tool }) =>
        tool.outputSchema === null
          ? `${tool.id}, which promises only text`
          : `${tool.id}, which gives ${[...(typesOf(tool.outputSchema, tool.outputSchema) ?? [])].join(' or ')}`,
      );
      return ` “${text.slice(start, end)}” points at ${gives.join(' and ')}, and cannot be used there.`;
    })
    .join('');
}
