import type { WishAnswer } from '../../common/meta-tools.ts';
import type { OstinatoConnection } from '../index.ts';
import { isClientError } from '../index.ts';
import type { McpEngine } from '../mcp/mcp-engine.ts';
import { CliError } from './cli-error.ts';
import type { CliContext } from './context.ts';

/** The engine as another process has it: tools through the HTTP API, runs through Temporal. */
export function remoteEngine(
  { api, process }: Pick<CliContext, 'api' | 'process'>,
  connection: OstinatoConnection,
  closing: AbortSignal,
): McpEngine {
  return {
    connection,
    closing,
    async findTools(requests, only) {
      const body = { requests, only };
      const found = await api.send<{ answers: WishAnswer[] }>('POST', '/v1/tools/find', body);
      return found.answers;
    },
    callTool: ({ tool, args, idempotencyKey }, { signal }) =>
      api.send(
        'POST',
        '/v1/tools/call',
        { tool, args },
        {
          signal,
          headers: idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey },
        },
      ),
    readArtifact: (id) => api.getBytes(`/v1/artifacts/${encodeURIComponent(id)}`),
    explain(error) {
      if (error instanceof CliError || isClientError(error)) return error.message;
      process.err(`ostinato mcp: ${String(error)}\n`);
      return null;
    },
  };
}
