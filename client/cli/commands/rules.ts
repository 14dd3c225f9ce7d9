import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { RuleAnswer } from '../api-types.ts';
import { CliError } from '../cli-error.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { inputName, readInputText } from '../read-input-text.ts';
import { tableLines } from '../view/table.ts';
import { addRuleSuggestions } from './rule-suggestions.ts';

type Args = readonly (string | undefined)[];

export function addRules(program: Command, act: Act): void {
  const rules = program
    .command('rules')
    .description('Says what tools may be used together: order, values, approval, alternatives.')
    .addHelpText('after', helpExamples('rules list', 'rules apply rules.yaml', 'rules suggest'));
  rules
    .command('list')
    .description('Lists the composition rules.')
    .addHelpText('after', helpExamples('rules list', 'rules list --json'))
    .action(act(list));
  rules
    .command('show')
    .description('Shows a rule.')
    .argument('<name>', 'its name')
    .addHelpText('after', helpExamples('rules show test-before-deploy --json'))
    .action(act(show));
  rules
    .command('apply')
    .description(
      'Applies a rules file in YAML or JSON; "-" is standard input.\nRules of an earlier file that this one lacks are removed; rules set by hand stay.',
    )
    .argument('<file>', 'rules: [{name, kind, reason, …}]')
    .addHelpText(
      'after',
      `${helpExamples('rules apply rules.yaml')}

A file with a rule of each kind:
  rules:
    - {name: order, kind: before, first: ci/test, then: ci/deploy, required: true, reason: broken builds}
    - {name: ids, kind: feeds, from: crm/find, output: id, to: crm/delete, argument: id, reason: typed ids are wrong}
    - {name: apart, kind: never-together, tools: [vault/*, mail/send], reason: secrets stay here}
    - {name: ask, kind: needs-approval, tool: "*/delete_*", reason: it cannot be undone}
    - {name: spare, kind: alternative, of: search/web, tool: spare/find, args: {q: "\${args.query}"}, reason: the same index}`,
    )
    .action(act(apply));
  rules
    .command('set')
    .description('Writes one rule, or replaces the one of its name.')
    .argument('<json>', 'the rule as a JSON object')
    .addHelpText(
      'after',
      helpExamples(
        `rules set '{"name": "ask", "kind": "needs-approval", "tool": "*/delete_*", "reason": "it cannot be undone"}'`,
      ),
    )
    .action(act(set));
  rules
    .command('remove')
    .description('Removes a rule.')
    .argument('<name>', 'its name')
    .addHelpText('after', helpExamples('rules remove ask'))
    .action(act(remove));
  addRuleSuggestions(rules, act);
}

async function list(context: CliContext): Promise<ExitCode> {
  const { rules } = await context.api.get<{ rules: RuleAnswer[] }>('/v1/rules');
  if (context.isJson) context.printJson(rules);
  else if (rules.length === 0) {
    context.print('No composition rules. Write some with: ostinato rules apply FILE');
  } else {
    context.print(
      ...tableLines(
        rules,
        [
          { title: 'RULE', text: ({ rule }) => rule.name },
          { title: 'KIND', text: ({ rule }) => rule.kind },
          { title: 'FROM', text: ({ source }) => source },
          { title: 'SAYS', text: ({ says, rule }) => `${says} (${rule.reason})`, isFlexible: true },
        ],
        { style: context.style, width: context.process.width() },
      ),
    );
  }
  return EXIT.worked;
}

async function show(context: CliContext, [name]: Args): Promise<ExitCode> {
  const answer = await context.api.get<RuleAnswer>(pathOf(name));
  if (context.isJson) context.printJson(answer);
  else printRule(context, answer);
  return EXIT.worked;
}

async function apply(context: CliContext, [path = '']: Args): Promise<ExitCode> {
  const text = await readInputText(path, context.process, 'The rules file ');
  const answer = await context.api.send<{ written: string[]; removed: string[] }>(
    'POST',
    '/v1/rules/import',
    { text, source: inputName(path) },
  );
  if (context.isJson) context.printJson(answer);
  else {
    const gone = answer.removed.length === 0 ? '' : `, removed ${answer.removed.join(', ')}`;
    context.print(`${answer.written.length} rules are in force from ${inputName(path)}${gone}.`);
  }
  return EXIT.worked;
}

async function set(context: CliContext, [json = '']: Args): Promise<ExitCode> {
  const rule = parse(json);
  const answer = await context.api.send<RuleAnswer>('PUT', pathOf(rule.name), rule);
  if (context.isJson) context.printJson(answer);
  else printRule(context, answer);
  return EXIT.worked;
}

function parse(json: string): { readonly name: string } {
  const wrong = new CliError(
    EXIT.usage,
    `The rule must be a JSON object with a "name" (received ${JSON.stringify(json.slice(0, 80))}).`,
  );
  try {
    const rule = JSON.parse(json) as { readonly name?: unknown } | null;
    if (typeof rule?.name === 'string' && rule.name !== '') return rule as { name: string };
  } catch {
    throw wrong;
  }
  throw wrong;
}

async function remove(context: CliContext, [name]: Args): Promise<ExitCode> {
  await context.api.send('DELETE', pathOf(name));
  if (context.isJson) context.printJson({ name, removed: true });
  else context.print(`Removed rule ${name}.`);
  return EXIT.worked;
}

function printRule(context: CliContext, { rule, says, source, updatedBy }: RuleAnswer): void {
  context.print(
    `${context.style.bold(rule.name)}: ${says}.`,
    `  Why: ${rule.reason}`,
    `  From: ${source}, by ${updatedBy}`,
  );
}

function pathOf(name: string | undefined): string {
  return `/v1/rules/${encodeURIComponent(name ?? '')}`;
}
