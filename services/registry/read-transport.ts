import type { JsonObject } from '../../common/json.ts';
import type { ServerTransport } from '../mcp/server-transport.ts';
import type { EntryFields } from './entry-fields.ts';
import { readAuth } from './read-auth.ts';

export const STDIO_FIELDS = ['command', 'args', 'env', 'cwd'];
export const REMOTE_FIELDS = ['url', 'headers', 'auth'];

/** Other clients write the same transport in other ways. */
const TYPES: Readonly<Record<string, ServerTransport['kind']>> = {
  stdio: 'stdio',
  http: 'http',
  'streamable-http': 'http',
  streamableHttp: 'http',
  sse: 'sse',
  ws: 'websocket',
  websocket: 'websocket',
};

/** The address of a server; `null` where it is not clear. */
export function readTransport(entry: JsonObject, fields: EntryFields): ServerTransport | null {
  if ('command' in entry && 'url' in entry) {
    fields.fail('url', 'stands beside "command"; a server has one or the other, so remove one');
    return null;
  }
  if (!('command' in entry) && !('url' in entry)) {
    fields.fail(null, 'has neither "command" (a program to start) nor "url" (a server to reach)');
    return null;
  }
  const address = fields.required('command' in entry ? 'command' : 'url');
  const kind = readKind(entry, address, fields);
  if (kind === null) return null;
  const misplaced = kind === 'stdio' ? REMOTE_FIELDS : STDIO_FIELDS;
  for (const name of misplaced) {
    if (name in entry) {
      fields.fail(
        name,
        `has no meaning for a server with "${kind === 'stdio' ? 'command' : 'url'}"; remove it`,
      );
    }
  }
  if (kind === 'stdio') {
    const [args, env, cwd] = [fields.list('args'), fields.texts('env'), fields.text('cwd')];
    return address === null ? null : { kind, command: address, args, env, cwd };
  }
  const headers = fields.texts('headers');
  const auth = readAuth(entry['auth'], fields);
  return address === null ? null : { kind, url: address, headers, ...auth };
}

function readKind(
  entry: JsonObject,
  address: string | null,
  fields: EntryFields,
): ServerTransport['kind'] | null {
  const hasCommand = 'command' in entry;
  const written = entry['type'];
  if (written === undefined) {
    if (hasCommand) return 'stdio';
    return /^wss?:/i.test(address ?? '') ? 'websocket' : 'http';
  }
  const kind =
    typeof written === 'string' && Object.hasOwn(TYPES, written) ? TYPES[written] : undefined;
  if (kind === undefined) {
    fields.fail(
      'type',
      `is ${JSON.stringify(written)}, a transport that is not known; it must be "stdio", "http", "sse" or "ws"`,
    );
    return null;
  }
  if ((kind === 'stdio') !== hasCommand) {
    fields.fail(
      'type',
      `is "${String(written)}", which does not fit a server with "${hasCommand ? 'command' : 'url'}"`,
    );
    return null;
  }
  return kind;
}
