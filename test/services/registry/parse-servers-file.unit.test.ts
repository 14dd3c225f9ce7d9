// Proves that a servers file of the common format is read as written, and that everything wrong in
// one is reported with line, column, field and remedy.
import { describe, expect, it } from 'vitest';
import { isServiceError } from '../../../services/errors.ts';
import { parseServersFile } from '../../../services/registry/parse-servers-file.ts';
import { SERVER_DEFINITION_DEFAULTS } from '../../../services/registry/server-definition.ts';

const file = (servers: unknown) => JSON.stringify({ mcpServers: servers });

/** The message about a text that must be refused. */
function refusal(text: string): string {
  try {
    parseServersFile(text, 'servers.json');
  } catch (error) {
    if (isServiceError(error) && error.type === 'BadInput') return error.message;
    throw error;
  }
  throw new Error('It was accepted.');
}

describe('parseServersFile', () => {
  it('a command → stdio with the defaults', () => {
    const env = { ROOT: '${HOME}/files' };
    const text = file({ files: { command: 'npx', args: ['-y', 'server'], env } });
    expect(parseServersFile(text, 'servers.json')).toEqual([
      {
        name: 'files',
        definition: {
          ...SERVER_DEFINITION_DEFAULTS,
          transport: { kind: 'stdio', command: 'npx', args: ['-y', 'server'], env, cwd: null },
        },
      },
    ]);
  });

  it('all fields of ours → in the definition', () => {
    const text = file({
      web: {
        type: 'sse',
        url: 'https://mcp.example/sse',
        headers: { Authorization: 'Bearer ${TOKEN}' },
        disabled: true,
        timeoutMs: 1,
        connectTimeoutMs: 2,
        trustAnnotations: true,
        effects: { '*': 'read' },
        resources: { put: [{ arg: 'path', kind: 'path' }] },
        tags: ['a'],
        title: 'T',
        description: 'D',
        protocol: '2025-11-25',
      },
    });
    expect(parseServersFile(text, 'servers.json')[0]?.definition).toEqual({
      transport: {
        kind: 'sse',
        url: 'https://mcp.example/sse',
        headers: { Authorization: 'Bearer ${TOKEN}' },
      },
      enabled: false,
      callTimeoutMs: 1,
      connectTimeoutMs: 2,
      trustAnnotations: true,
      effects: { '*': 'read' },
      resources: { put: [{ arg: 'path', kind: 'path' }] },
      tags: ['a'],
      title: 'T',
      description: 'D',
      protocol: '2025-11-25',
    });
  });

  it('a resource of an unknown kind → refused, with its place and an example', () => {
    const resources = { put: [{ arg: 'path', kind: 'folder' }] };
    const said = refusal(file({ web: { url: 'https://x', resources } }));
    expect(said).toContain('mcpServers.web.resources.put[0].kind is wrong');
    expect(said).toContain('"kind": "path"');
  });

  it('limits of calls → read; a limit of none → refused with an example', () => {
    const limits = { maxInFlight: 4, perMinute: 100 };
    const [read] = parseServersFile(file({ web: { url: 'https://x', limits } }), 'f');
    expect(read?.definition.limits).toEqual(limits);
    const said = refusal(file({ web: { url: 'https://x', limits: { maxInFlight: 0 } } }));
    expect(said).toContain('mcpServers.web.limits.maxInFlight is wrong');
    expect(said).toContain('"perMinute": 100');
  });

  it('tools for several calls at once → read; without the list they take → refused with an example', () => {
    const whole = { tool: 'get_many', argument: 'city', items: 'cities' };
    const [read] = parseServersFile(
      file({ web: { url: 'https://x', batches: { get: whole } } }),
      'f',
    );
    expect(read?.definition.batches).toEqual({ get: whole });
    const { items: _items, ...half } = { ...whole, maxItems: 1 };
    const said = refusal(file({ web: { url: 'https://x', batches: { get: half } } }));
    expect(said).toContain('mcpServers.web.batches.get.items is wrong');
    expect(said).toContain('mcpServers.web.batches.get.maxItems is wrong');
    expect(said).toContain('"items": "cities"');
  });

  it.each([
    [{ url: 'https://x' }, 'http'],
    [{ url: 'wss://x' }, 'websocket'],
    [{ url: 'ws://x', type: 'ws' }, 'websocket'],
    [{ url: 'https://x', type: 'streamable-http' }, 'http'],
    [{ url: '${BASE}/mcp', type: 'ws' }, 'websocket'],
    [{ command: 'x', type: 'stdio' }, 'stdio'],
  ])('%j → transport %s', (server, kind) => {
    const [read] = parseServersFile(file({ a: server }), 'servers.json');
    expect(read?.definition.transport.kind).toBe(kind);
  });

  it('fields of other clients and a byte order mark → passed over', () => {
    const text = `\uFEFF${file({ a: { command: 'x', autoApprove: ['y'], icon: 'z' } })}`;
    expect(parseServersFile(text, 'servers.json')).toHaveLength(1);
  });

  it('no servers → an empty list', () => {
    expect(parseServersFile(file({}), 'servers.json')).toEqual([]);
  });

  it.each([
    ['{"a":}', 'line 1, column 6: expected a value, found "}"'],
    ['{\n  "a": 1,\n}', 'line 2, column 9: a comma before "}" is not allowed'],
    ['', 'line 1, column 1: expected a value, found the end of the file'],
    ['{"a": 1 "b": 2}', 'line 1, column 9: expected "," or "}", found "\\""'],
    ['{"a": "x\n"}', 'line 1, column 7: text without its closing double quote'],
    ['{"a": "\\x"}', 'line 1, column 8: a backslash in text is written "\\\\"'],
    ['{"a": "x\ty"}', 'line 1, column 9: a control character in text must be escaped'],
    ['{\n// why\n}', 'line 2, column 1: JSON has no comments'],
    ['{"a": tru}', 'line 1, column 7: expected a value, found "tru"'],
    ['{"a": 01}', 'line 1, column 7: expected a value, found "01"'],
    ["{'a': 1}", 'line 1, column 2: expected a name in double quotes, found "\'"'],
    ['{} {}', 'line 1, column 4: "{" after the end of the value'],
    ['{"a": 1,\n "a": 2}', 'line 2, column 2: "a" is there twice'],
    ['['.repeat(100), 'line 1, column 66: nested deeper than 64 levels'],
  ])('%j → not JSON: %s', (text, message) => {
    expect(refusal(text)).toContain(`servers.json is not valid JSON: ${message}`);
  });

  it.each([
    [[], 'the file must be an object'],
    [{ servers: {} }, 'mcpServers is missing'],
    [{ mcpServers: [] }, 'mcpServers must be an object of servers'],
    [{ mcpServers: { a: 'npx' } }, 'mcpServers.a must be an object with "command" or "url"'],
  ])('%j → %s', (root, message) => {
    expect(refusal(JSON.stringify(root))).toContain(message);
  });

  it.each([
    [{ command: 'x', url: 'https://x' }, 'mcpServers.a.url stands beside "command"'],
    [{ args: [] }, 'mcpServers.a has neither "command" (a program to start) nor "url"'],
    [{ command: 5 }, 'mcpServers.a.command is 5; it must be text'],
    [{ command: null }, 'mcpServers.a.command is null; it must be text'],
    [{ command: ' ' }, 'mcpServers.a.command is empty'],
    [{ command: 'x', args: 'y' }, 'mcpServers.a.args is "y"; it must be a list of texts'],
    [{ command: 'x', args: [1] }, 'mcpServers.a.args[0] is 1; it must be text: write "1"'],
    [{ command: 'x', env: { A: true } }, 'mcpServers.a.env.A is true; it must be text'],
    [{ command: 'x', env: { 'A B': 'y' } }, 'mcpServers.a.env["A B"] is no name for an environ'],
    [{ command: 'x', headers: {} }, 'mcpServers.a.headers has no meaning for a server with "comm'],
    [{ url: 'https://x', cwd: '/' }, 'mcpServers.a.cwd has no meaning for a server with "url"'],
    [{ url: 'nonsense' }, 'mcpServers.a.url is "nonsense"; it must be a URL that begins with http'],
    [{ url: 'https://x', type: 'ws' }, 'does not fit the transport "websocket"'],
    [
      { url: 'https://x', type: 'stdio' },
      'type is "stdio", which does not fit a server with "url"',
    ],
    [{ url: 'https://x', type: 'smoke' }, 'type is "smoke", a transport that is not known'],
    [{ url: 'https://x', headers: { 'a:b': '' } }, 'headers["a:b"] is no name for an HTTP header'],
    [{ url: 'https://x', headers: { a: 'b\r\nc' } }, 'mcpServers.a.headers.a holds a line break'],
    [{ command: 'x', timeoutMs: 0 }, 'mcpServers.a.timeoutMs is 0; it must be a whole number'],
    [{ command: 'x', timeoutMs: '5' }, 'timeoutMs is "5"; it must be a number of milliseconds'],
    [{ command: 'x', timeout: 5 }, 'timeout is not known; did you mean "timeoutMs"?'],
    [{ command: 'x', enabled: false }, 'enabled is not known; did you mean "disabled"?'],
    [{ comand: 'x' }, 'mcpServers.a.comand is not known; did you mean "command"?'],
    [{ command: 'x', disabled: 'no' }, 'disabled is "no"; it must be true or false'],
    [{ command: 'x', effects: { y: 'write' } }, 'effects.y is "write"; it must be one of read'],
    [{ command: 'x', protocol: '2024' }, 'protocol is "2024"; it must be one of auto'],
  ])('%j → %s', (server, message) => {
    expect(refusal(file({ a: server }))).toContain(message);
  });

  it('a name outside the pattern → the field and a name that would do', () => {
    const message = refusal(file({ 'Mein Häuschen': { command: 'x' } }));
    expect(message).toMatch(
      /mcpServers\["Mein Häuschen"\] is no server name\. .*Use "mein-hauschen"/,
    );
  });

  it('several problems → all of them, in the order of the lines, each with its place', () => {
    const text = [
      '{',
      '  "mcpServers": {',
      '    "one": { "command": "x", "timeoutMs": -1 },',
      '    "two": {',
      '      "url": "nonsense"',
      '    }',
      '  }',
      '}',
    ].join('\n');
    expect(refusal(text).split('\n')).toEqual([
      'servers.json is wrong:',
      expect.stringMatching(/^ {2}line 3, column 30: mcpServers\.one\.timeoutMs is -1/),
      expect.stringMatching(/^ {2}line 5, column 7: mcpServers\.two\.url is "nonsense"/),
    ]);
  });

  it('__proto__ as a name → a name like any other, and refused as such', () => {
    const message = refusal('{"mcpServers": {"__proto__": {"command": "x"}}}');
    expect(message).toContain('mcpServers.__proto__ is no server name');
  });
});
