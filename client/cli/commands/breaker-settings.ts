import type { Command } from 'commander';
import type { JsonObject, JsonValue } from '../../../common/json.ts';
import type { Act } from '../act.ts';
import type { BreakerAnswer } from '../api-types.ts';
import { CliError } from '../cli-error.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { breakerLines } from '../view/breaker-lines.ts';
import { BREAKER_TARGET, breakerPath } from './breaker-target.ts';

interface SetFlags {
  readonly preset?: string;
  readonly dryRun?: true;
  readonly enforce?: true;
}

const SETTINGS =
  'name=value, such as slowMs=5000, openMs.max=20000 or staleMs=null; "breakers show" lists all';

export function addBreakerSettings(breakers: Command, act: Act): void {
  breakers
    .command('set')
    .description('Changes how a breaker judges, from the next call on, in every worker.')
    .argument('<target>', BREAKER_TARGET)
    .argument('[settings...]', SETTINGS)
    .option('--preset <name>', 'provider, mcp-remote or mcp-stdio')
    .option('--dry-run', 'decides and counts, and lets every call through')
    .option('--enforce', 'acts by what it decides')
    .addHelpText(
      'after',
      helpExamples(
        'breakers set mcp/github --dry-run',
        'breakers set mcp/github slowMs=5000 staleMs=600000',
        'breakers set provider/openai/gpt-5.4-mini --enforce openMs.max=20000',
      ),
    )
    .action(act(set));
  breakers
    .command('reset')
    .description("Takes back what was set: the file's settings hold, or the preset.")
    .argument('<target>', BREAKER_TARGET)
    .addHelpText('after', helpExamples('breakers reset mcp/github'))
    .action(act(reset));
}

async function set(
  context: CliContext,
  [target, settings]: readonly (string | readonly string[] | undefined)[],
  flags: SetFlags,
): Promise<ExitCode> {
  const path = `${breakerPath(target as string)}/settings`;
  const overrides = readSettings((settings ?? []) as readonly string[], flags);
  return print(context, await context.api.send<BreakerAnswer>('PATCH', path, overrides));
}

async function reset(
  context: CliContext,
  [target]: readonly (string | undefined)[],
): Promise<ExitCode> {
  const path = `${breakerPath(target)}/settings`;
  return print(context, await context.api.send<BreakerAnswer>('DELETE', path));
}

/** @throws CliError for what is no `name=value`, for nothing at all, and for both modes. */
function readSettings(written: readonly string[], flags: SetFlags): JsonObject {
  if (flags.dryRun && flags.enforce) {
    throw new CliError(EXIT.usage, 'Give --dry-run or --enforce, not both.');
  }
  const mode = flags.dryRun ? 'dry-run' : flags.enforce ? 'enforce' : null;
  const overrides: Record<string, JsonValue> = {
    ...(flags.preset === undefined ? {} : { preset: flags.preset }),
    ...(mode === null ? {} : { mode }),
  };
  for (const each of written) {
    const [, name, inner, value] = /^(\w+)(?:\.(\w+))?=(.+)$/.exec(each) ?? [];
    if (name === undefined || value === undefined) {
      throw new CliError(EXIT.usage, `"${each}" is no setting: write ${SETTINGS}.`);
    }
    const parsed = parse(value);
    const before = overrides[name] as JsonObject | undefined;
    overrides[name] = inner === undefined ? parsed : { ...before, [inner]: parsed };
  }
  if (Object.keys(overrides).length > 0) return overrides;
  throw new CliError(EXIT.usage, `Say what to set: --dry-run, --enforce, --preset or ${SETTINGS}.`);
}

/** A number or `null`; anything else is a text, which the API then refuses by name. */
function parse(value: string): JsonValue {
  try {
    return JSON.parse(value) as JsonValue;
  } catch {
    return value;
  }
}

function print(context: CliContext, breaker: BreakerAnswer): ExitCode {
  if (context.isJson) context.printJson(breaker);
  else context.print(...breakerLines(breaker));
  return EXIT.worked;
}
