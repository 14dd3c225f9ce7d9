import type { Command } from 'commander';
import type { CliContext, CliProcess, GlobalFlags } from './context.ts';
import { createContext } from './context.ts';
import type { ExitCode } from './exit-code.ts';

/** A command: gets its arguments in order and its flags, and says how it went. */
export type CommandBody<Flags> = (
  context: CliContext,
  args: readonly (string | undefined)[],
  flags: Flags,
) => Promise<ExitCode>;

/** Turns a command's body into what commander calls. */
export type Act = <Flags extends object>(
  body: CommandBody<Flags>,
) => (this: Command, ...given: unknown[]) => Promise<void>;

export function createAct(cliProcess: CliProcess, onEnd: (code: ExitCode) => void): Act {
  return <Flags extends object>(body: CommandBody<Flags>) =>
    async function action(this: Command): Promise<void> {
      const flags = this.optsWithGlobals<Flags & GlobalFlags>();
      const context = await createContext(cliProcess, flags);
      const args = this.processedArgs as readonly (string | undefined)[];
      onEnd(await body(context, args, flags));
    };
}
