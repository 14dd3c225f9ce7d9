// Proves what the command line reads: plans with the place of each mistake, tool arguments, where the
// services are, and the messages for values that do not fit.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { exitCodeOf } from '../../../client/cli/cli-error.ts';
import { checkNode } from '../../../client/cli/commands/doctor.ts';
import { parsePlan, readPlanFile } from '../../../client/cli/read-plan-file.ts';
import { findServices } from '../../../client/cli/services.ts';
import { toolArgs } from '../../../client/cli/tool-args.ts';
import { checkupLines } from '../../../client/cli/view/checkup-lines.ts';
import { refreshLine } from '../../../client/cli/view/refresh-line.ts';
import { resultLines } from '../../../client/cli/view/result-lines.ts';
import { ClientError } from '../../../client/client-error.ts';
import { plainIssue } from '../../../common/plain-issue.ts';
import { PLAIN } from './view/support.ts';

const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ostinato-cli-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

describe('parsePlan', () => {
  it('a text with a problem in every line → the first twenty, and how many more', () => {
    const text = Array.from({ length: 30 }, (_, at) => `\`${at}\`: [`).join('\n');
    let said = '';
    try {
      parsePlan(text, 'README.md');
    } catch (error) {
      said = (error as Error).message;
    }
    const [head, ...lines] = said.split('\n');
    const all = Number(/has (\d+) problems/.exec(head ?? '')?.[1]);
    expect(all).toBeGreaterThan(20);
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toBe(`  … and ${all - 20} more`);
  });

  const PLAN = { steps: [{ id: 'a', tool: 's/t', args: { n: 1, deep: { list: [true, null] } } }] };

  it('YAML and JSON → the same plan', () => {
    const yaml = 'steps:\n  - id: a\n    tool: s/t\n    args: {n: 1, deep: {list: [true, null]}}\n';
    expect(parsePlan(yaml, 'p.yaml')).toEqual(PLAN);
    expect(parsePlan(JSON.stringify(PLAN), 'p.json')).toEqual(PLAN);
  });

  it.each([
    ['steps:\n  - id: a\n   tool: x\n', /p:3:\d+ /],
    ['{"steps": [}', /p:1:12 Unexpected token '}'/],
    ['{"steps": [', /p:1:\d+ Unexpected end of JSON input/],
    ['steps: []', /p:1:8 steps is empty: a plan has at least one step/],
    ['', /The plan in p is empty: write "steps:"/],
    ['steps:\n  - id: a\n', /p:2:5 steps\[0\]\.tool is missing: a step has one of tool, waitFor/],
    [
      'steps:\n  - id: a\n    tool: x\n    arg: {}\n',
      /p:2:5 steps\[0\] there is no field "arg"; did you mean "args"\?/,
    ],
    ['steps:\n  - {id: a, tool: 7}\n', /p:2:19 steps\[0\]\.tool takes text \(received 7\)/],
    [
      'steps:\n  - {id: a, tool: x, onFailure: stop}\n',
      /steps\[0\]\.onFailure takes "abort" or "skip-dependents" \(received "stop"\)/,
    ],
    ['steps:\n  - &a {id: a, tool: x}\n  - *b\n', /Unresolved alias/],
    ['a: 1\na: 2\n', /p:2:1 Map keys must be unique/],
  ])('%j → its place and what is wrong', (text, said) => {
    expect(() => parsePlan(text, 'p')).toThrow(said);
    try {
      parsePlan(text, 'p');
    } catch (error) {
      expect(exitCodeOf(error)).toBe(2);
    }
  });

  it('aliases that multiply → refused, not expanded', () => {
    const levels = Array.from(
      { length: 12 },
      (_, at) => `l${at}: &l${at} [${`*l${at - 1},`.repeat(9)}]`,
    );
    const text = ['l0: &l0 [x,x,x,x,x,x,x,x,x]', ...levels.slice(1)].join('\n');
    expect(() => parsePlan(text, 'p')).toThrow(/alias/i);
  });

  it('several mistakes → all of them', () => {
    const text = 'steps:\n  - {id: 1, tool: x}\n  - {tool: y, after: b}\n';
    expect(() => parsePlan(text, 'p')).toThrow(/has 3 problems:\n {2}p:2.*\n {2}p:3.*\n {2}p:3/);
  });

  it('a file that is not there → says so; "-" → standard input', async () => {
    const input = (text: string) => ({
      stdin: async function* () {
        yield Buffer.from(text);
      },
    });
    await expect(readPlanFile('/no/such/plan', input(''))).rejects.toThrow('no such file');
    await expect(readPlanFile('-', input('\n'))).rejects.toThrow('standard input is empty');
    expect(await readPlanFile('-', input(JSON.stringify(PLAN)))).toEqual(PLAN);
  });
});

describe('toolArgs', () => {
  const schema = {
    properties: {
      path: { type: 'string' },
      head: { type: 'number' },
      tags: { type: 'array' },
      any: { type: ['string', 'null'] },
    },
  };

  it('pairs → text where the tool wants text, JSON elsewhere; over --args', () => {
    const given = ['path=1=2', 'head=10', 'tags=["a"]', 'any=x y', 'other=7'];
    expect(toolArgs('{"head": 1, "keep": {}}', given, schema)).toEqual({
      keep: {},
      path: '1=2',
      head: 10,
      tags: ['a'],
      any: 'x y',
      other: '7',
    });
  });

  it.each([
    [undefined, ['path'], 'name=value'],
    [undefined, ['=x'], 'name=value'],
    [undefined, ['head=ten'], '"head" takes number as JSON'],
    ['{', [], '--args is not JSON'],
    ['[1]', [], '--args takes a JSON object'],
  ])('--args %j with %j → an error about %s', (json, pairs, said) => {
    expect(() => toolArgs(json, pairs, schema)).toThrow(said);
  });
});

describe('findServices', () => {
  const DEV = {
    apiUrl: 'http://127.0.0.1:1111',
    temporalAddress: '127.0.0.1:2222',
    namespace: 'dev',
    uiUrl: 'http://127.0.0.1:3333',
    pid: process.pid,
  };

  it('nothing said → the defaults', async () => {
    const OSTINATO_DATA_DIR = await folderWith({});
    expect(await findServices({}, { OSTINATO_DATA_DIR })).toEqual({
      apiUrl: 'http://127.0.0.1:8484',
      apiKey: null,
      temporalAddress: '127.0.0.1:7233',
      namespace: 'default',
      uiUrl: null,
    });
  });

  it('a running dev process → its addresses; the environment over it; flags over both', async () => {
    const OSTINATO_DATA_DIR = await folderWith({ 'dev.json': JSON.stringify(DEV) });
    const env = { OSTINATO_DATA_DIR, OSTINATO_API_KEY: 'k' };
    expect(await findServices({}, env)).toEqual({
      apiUrl: DEV.apiUrl,
      apiKey: 'k',
      temporalAddress: DEV.temporalAddress,
      namespace: 'dev',
      uiUrl: DEV.uiUrl,
    });
    const set = { ...env, OSTINATO_URL: 'http://env/', TEMPORAL_ADDRESS: 'env:1' };
    expect(await findServices({}, set)).toMatchObject({
      apiUrl: 'http://env',
      temporalAddress: 'env:1',
      uiUrl: null,
    });
    expect(await findServices({ api: 'http://flag', temporal: 'flag:1' }, set)).toMatchObject({
      apiUrl: 'http://flag',
      temporalAddress: 'flag:1',
    });
  });

  it.each([
    ['of a process that is gone', JSON.stringify({ ...DEV, pid: 2 ** 22 + 1 })],
    ['half written', '{"apiUrl": "http'],
    ['of another shape', '{"pid": 1}'],
  ])('a dev.json %s → is passed over', async (_name, text) => {
    const OSTINATO_DATA_DIR = await folderWith({ 'dev.json': text });
    expect((await findServices({}, { OSTINATO_DATA_DIR })).apiUrl).toBe('http://127.0.0.1:8484');
  });
});

describe('exitCodeOf', () => {
  it.each([
    ['bad-input', 2],
    ['unavailable', 3],
    ['not-found', 1],
    ['conflict', 1],
    ['already-ended', 1],
    ['run-failed', 1],
  ] as const)('%s → %i', (code, exit) => {
    expect(exitCodeOf(new ClientError(code, 'x'))).toBe(exit);
  });
});

describe('plainIssue', () => {
  const schema = z.strictObject({
    name: z.string().max(3),
    count: z.int().min(1),
    list: z.array(z.number()).max(1),
    kind: z.discriminatedUnion('kind', [z.strictObject({ kind: z.literal('a') })]),
    own: z.string().min(1, 'is empty: say something'),
  });

  it('each kind of mistake → what the field takes and what it got; own messages stay', () => {
    const wrong = { name: 'four', count: 0.5, list: [1, 2], kind: { kind: 'b' }, own: '', nme: 1 };
    const { error } = schema.safeParse(wrong, { error: plainIssue });
    const said = error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim());
    expect(said).toEqual([
      'name has a length of at most 3 (received "four")',
      'count takes a whole number (received 0.5)',
      'list has a count of at most 1 (received [1,2])',
      'kind.kind takes "a"',
      'own is empty: say something',
      'there is no field "nme"; did you mean "name"?',
    ]);
  });
});

describe('doctor', () => {
  it.each([
    ['22.17.9', 'down'],
    ['20.20.2', 'down'],
    ['22.18.0', 'ok'],
    ['24.21.0', 'ok'],
  ])('Node %s → %s', (version, state) => expect(checkNode(version).state).toBe(state));

  it('findings → a line each, the remedy below, and a verdict', () => {
    const well = { needed: true, detail: null, problem: null, remedy: null };
    const checkups = [
      { ...well, name: 'node', state: 'ok' as const, detail: 'v24' },
      {
        ...well,
        name: 'temporal',
        state: 'down' as const,
        problem: 'is away',
        remedy: 'Start it.',
      },
      { ...well, name: 'mcp:x', needed: false, state: 'down' as const, problem: 'hangs' },
    ];
    expect(checkupLines(checkups, PLAIN)).toEqual([
      '✔ node      v24',
      '✖ temporal  is away',
      '            → Start it.',
      '✖ mcp:x     hangs',
      '',
      'Runs cannot work: mend temporal.',
    ]);
    expect(checkupLines([checkups[0]!, checkups[2]!], PLAIN).at(-1)).toBe(
      'Runs work. To look at: mcp:x.',
    );
    expect(checkupLines([checkups[0]!], PLAIN).at(-1)).toBe('All is well.');
  });
});

describe('answers', () => {
  it('a refresh with changed tools → counts, and how to approve them', () => {
    const refresh = {
      ok: true,
      problem: null,
      added: ['s/a', 's/b'],
      changed: ['s/c'],
      removed: [],
    };
    expect(refreshLine('s', refresh, PLAIN)).toEqual([
      '✔ s  2 tools added, 1 tool changed',
      '  Changed tools must be approved before they are used:',
      '    ostinato tools approve s/c',
    ]);
  });

  it('a result of all kinds → its text, and a line for what is no text', () => {
    const artifact = { artifactId: 'a1', mediaType: 'image/png', bytes: 9, sha256: '' };
    const lines = resultLines(
      {
        isError: true,
        content: [
          { kind: 'text', text: 'a\u001b[2Jb' },
          { kind: 'image', mediaType: 'image/png', artifact },
          { kind: 'resource-link', uri: 'file:///x', name: 'x' },
          { kind: 'resource', uri: 'r', mediaType: null, text: 'body', artifact: null },
        ],
        structured: null,
        artifact,
      },
      PLAIN,
    );
    expect(lines).toEqual([
      'The tool says no:',
      'ab',
      '[image image/png, artifact a1]',
      '[link x: file:///x]',
      'body',
      '[cut; the whole answer of 9 bytes is artifact a1]',
    ]);
  });
});
