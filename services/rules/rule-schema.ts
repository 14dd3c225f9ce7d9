import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../common/json.ts';
import { CALL } from '../../common/rules/alternatives.ts';
import type { CompositionRule } from '../../common/rules/composition-rule.ts';
import { parseStepArgs, referencesIn } from '../../common/step-arg.ts';
import type { ToolId } from '../../common/tool.ts';
import { parsePath } from '../../common/value-path.ts';

const MAX_REASON = 500;
const MAX_PATTERN = 300;

const pattern = z
  .string()
  .max(MAX_PATTERN)
  .regex(/^[^/\u0000-\u001f]+\/[^\u0000-\u001f]+$/, {
    error: 'takes server/tool, in which * stands for any characters',
  });
const tool = pattern.regex(/^[^*]*$/, {
  error: 'takes one tool: * is not allowed here',
}) as unknown as z.ZodType<ToolId>;

const common = {
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, {
    error: 'takes 1 to 63 of a-z, 0-9, ".", "_" and "-", the first no sign',
  }),
  reason: z.string().trim().min(1, 'is empty: say why, for whoever meets the rule').max(MAX_REASON),
};

const feeds = z.strictObject({
  ...common,
  kind: z.literal('feeds'),
  from: pattern,
  output: z
    .string()
    .max(MAX_PATTERN)
    .refine((path) => parsePath(path) !== null, 'takes a path such as items[0].id, or nothing')
    .default(''),
  to: pattern,
  argument: z.string().min(1).max(MAX_PATTERN),
  required: z.boolean().default(false),
});

const before = z.strictObject({
  ...common,
  kind: z.literal('before'),
  first: pattern,
  then: pattern,
  required: z.boolean().default(false),
});

const neverTogether = z.strictObject({
  ...common,
  kind: z.literal('never-together'),
  tools: z
    .array(pattern)
    .min(2)
    .max(20)
    .refine((all) => new Set(all).size === all.length, 'names a tool twice'),
});

const needsApproval = z.strictObject({
  ...common,
  kind: z.literal('needs-approval'),
  tool: pattern,
});

const alternative = z
  .strictObject({
    ...common,
    kind: z.literal('alternative'),
    of: tool,
    tool,
    args: (z.record(z.string(), z.json() as z.ZodType<JsonValue>) as z.ZodType<JsonObject>)
      .nullable()
      .default(null)
      .refine(refersToCallOnly, 'may refer to ${args} only, the arguments of the call'),
    safe: z.boolean().default(false),
  })
  .refine((rule) => rule.of !== rule.tool, {
    path: ['tool'],
    error: 'is the tool that it should stand in for',
  });

/** A rule as it is written: what may be left out has its default. */
export const ruleSchema = z
  .discriminatedUnion('kind', [feeds, before, neverTogether, needsApproval, alternative])
  .meta({ id: 'CompositionRule' }) satisfies z.ZodType<CompositionRule>;

function refersToCallOnly(args: JsonObject | null): boolean {
  if (args === null) return true;
  return Object.values(parseStepArgs(args))
    .flatMap(referencesIn)
    .every(({ step }) => step === CALL);
}
