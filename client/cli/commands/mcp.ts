import { once } from 'node:events';
import process from 'node:process';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Command } from 'commander';
import { createMcpServer } from '../../mcp/mcp-server.ts';
import type { Act } from '../act.ts';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-code.ts';
import { EXIT } from '../exit-code.ts';
import { helpExamples } from '../help-examples.ts';
import { remoteEngine } from '../remote-engine.ts';

export function addMcp(program: Command, act: Act): void {
  program
    .command('mcp')
    .description(
      'Serves the running engine as an MCP server on standard input and output.\nFor MCP clients that start their servers; others use /mcp of the API.',
    )
    .addHelpText('after', helpExamples('mcp', 'mcp --api http://127.0.0.1:8484'))
    .action(act(serve));
}

/** Ends when its client closes standard input, as the transport has it, or on Ctrl-C. */
async function serve(context: CliContext): Promise<ExitCode> {
  return context.withEngine(async (connection) => {
    const closing = new AbortController();
    const engine = remoteEngine(context, connection, closing.signal);
    const { signal } = closing;
    const gone = Promise.race([
      once(process.stdin, 'end', { signal }),
      once(process.stdin, 'close', { signal }),
    ]).catch(() => undefined);
    const stopListening = context.process.onInterrupt(() => closing.abort());
    const onTerminate = (): void => closing.abort();
    process.once('SIGTERM', onTerminate);
    const server = serveStdio(({ era }) => createMcpServer(engine, { era }), {
      onerror: (error) => context.process.err(`ostinato mcp: ${error.message}\n`),
    });
    await gone;
    process.off('SIGTERM', onTerminate);
    stopListening();
    closing.abort();
    await server.close();
    return EXIT.worked;
  });
}
