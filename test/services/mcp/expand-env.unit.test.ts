// Proves that variables in a definition are expanded where they may stand, and that a missing one is
// named without showing any value; and that waits between attempts grow, are bounded and random.
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../services/mcp/backoff.ts';
import { expandTransport } from '../../../services/mcp/expand-env.ts';

const stdio = (env: Record<string, string>, args: string[] = []) =>
  ({ kind: 'stdio', command: 'node', args, env, cwd: null }) as const;

describe('expandTransport', () => {
  it('references in command, arguments, environment and directory → values', () => {
    const given = {
      kind: 'stdio',
      command: '${BIN}/run',
      args: ['--dir=${HOME_DIR}', 'plain', '${A}${B}'],
      env: { TOKEN: 'Bearer ${TOKEN}' },
      cwd: '${HOME_DIR}',
    } as const;
    const env = { BIN: '/bin', HOME_DIR: '/home', A: '1', B: '2', TOKEN: 't' };
    expect(expandTransport(given, env, 's')).toEqual({
      kind: 'stdio',
      command: '/bin/run',
      args: ['--dir=/home', 'plain', '12'],
      env: { TOKEN: 'Bearer t' },
      cwd: '/home',
    });
  });

  it('references in URL and headers → values', () => {
    const given = {
      kind: 'http',
      url: 'https://${HOST}/mcp',
      headers: { 'X-Key': '${KEY}' },
    } as const;
    expect(expandTransport(given, { HOST: 'h', KEY: 'k' }, 's')).toEqual({
      kind: 'http',
      url: 'https://h/mcp',
      headers: { 'X-Key': 'k' },
    });
  });

  it.each([
    ['${X:-fallback}', {}, 'fallback'],
    ['${X:-}', {}, ''],
    ['${X:-fallback}', { X: 'set' }, 'set'],
    ['$X ${} ${1A} {X}', { X: 'set' }, '$X ${} ${1A} {X}'],
    ['${X}', { X: '${Y}', Y: 'no' }, '${Y}'],
  ])('%s with %j → %s', (text, env, expected) => {
    expect(expandTransport(stdio({ V: text }), env, 's')).toMatchObject({ env: { V: expected } });
  });

  it('a missing variable → names server, variable and field, and shows no value', () => {
    const attempt = () =>
      expandTransport(stdio({ OK: '${SET}', KEY: '${GONE}' }), { SET: 'secret-value' }, 'github');
    expect(attempt).toThrow(/"github" needs the environment variable GONE \(in env\.KEY\)/);
    expect(attempt).not.toThrow(/secret-value/);
  });

  it("a stranger's definition → defaults alone; a variable is refused, whether it is set or not", () => {
    expect(expandTransport(stdio({ V: '${X:-d}' }), null, 's')).toMatchObject({ env: { V: 'd' } });
    expect(() => expandTransport(stdio({ V: '${PATH}' }), null, 's')).toThrow(
      'PATH (in env.V), and variables are not read for a server that was registered over the network',
    );
  });
});

describe('backoffMs', () => {
  it('failures in a row → doubles up to a minute, the upper half random', () => {
    expect([1, 2, 3, 4].map((failures) => backoffMs(failures, 1))).toEqual([500, 1000, 2000, 4000]);
    expect(backoffMs(1, 0)).toBe(250);
    expect(backoffMs(50, 1)).toBe(60_000);
    expect(backoffMs(10_000, 0)).toBe(30_000);
  });
});
