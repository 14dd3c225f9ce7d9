// Proves which steps a command line chooses, and what the command says to a wrong one.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { chooseSteps } from '../../scripts/bootstrap.mjs';

const SCRIPT = fileURLToPath(new URL('../../scripts/bootstrap.mjs', import.meta.url));

const names = (options: Parameters<typeof chooseSteps>[0]) =>
  chooseSteps(options).map(({ name }) => name);

describe('chooseSteps', () => {
  it('nothing asked → the base', () => {
    expect(names({})).toEqual(['npm', 'temporal', 'faiss', 'model']);
  });

  it('--with → the base and the extras', () => {
    expect(names({ with: 'postgres, redis' })).toEqual([
      'npm',
      'temporal',
      'faiss',
      'model',
      'redis',
      'postgres',
    ]);
  });

  it('--only → these, and what they need', () => {
    expect(names({ only: 'temporal' })).toEqual(['temporal']);
    expect(names({ only: 'faiss' })).toEqual(['npm', 'faiss']);
  });
});

describe('the bootstrap command', () => {
  const run = (...args: string[]) => spawnSync('node', [SCRIPT, ...args], { encoding: 'utf8' });

  it('--help → usage with examples', () => {
    const { status, stdout } = run('--help');
    expect(status).toBe(0);
    expect(stdout).toContain('--with redis,postgres');
  });

  it('a name that is no step → lists the steps, without a stack trace', () => {
    const { status, stderr } = run('--with', 'mysql');
    expect(status).toBe(1);
    expect(stderr).toContain('--with does not know "mysql". Choose from: npm, temporal, faiss');
    expect(stderr).not.toContain('    at ');
  });

  it('an option that does not exist → says so, without a stack trace', () => {
    const { status, stderr } = run('--wiht', 'redis');
    expect(status).toBe(1);
    expect(stderr).toContain("Unknown option '--wiht'");
    expect(stderr).not.toContain('    at ');
  });
});
