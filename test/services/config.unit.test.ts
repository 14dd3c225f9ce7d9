// Proves that the configuration is read once, has useful defaults, and says everything that is wrong
// without showing a secret.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isLoopback, loadConfig } from '../../services/config.ts';

describe('loadConfig', () => {
  it('nothing set → works on this machine alone', () => {
    const config = loadConfig({});
    expect(config.temporal).toEqual({ address: '127.0.0.1:7233', namespace: 'default' });
    expect(config.queues).toEqual({ agent: 'ostinato', tool: 'ostinato', llm: 'ostinato' });
    expect(config.database).toEqual({
      kind: 'pglite',
      dir: join(process.cwd(), '.ostinato', 'database'),
    });
    expect(config.http).toEqual({ host: '127.0.0.1', port: 8484, apiKey: null });
  });

  it('breakers → act, and no model is asked unless a call is made; a dry run, a file and probes by their variables', () => {
    const { breakers, probeEveryMs } = loadConfig({});
    expect({ ...breakers, probeEveryMs }).toEqual({ mode: 'enforce', file: null, probeEveryMs: 0 });
    const set = loadConfig({
      OSTINATO_BREAKERS: 'dry-run',
      OSTINATO_BREAKERS_FILE: 'breakers.yaml',
      OSTINATO_PROBE_SECONDS: '30',
    });
    expect(set.breakers).toEqual({ mode: 'dry-run', file: 'breakers.yaml' });
    expect(set.probeEveryMs).toBe(30_000);
    expect(() => loadConfig({ OSTINATO_BREAKERS: 'maybe' })).toThrow(
      /OSTINATO_BREAKERS: .*"maybe"/,
    );
  });

  it('empty variables → count as absent', () => {
    expect(loadConfig({ DATABASE_URL: '', OSTINATO_PORT: ' ' }).http.port).toBe(8484);
  });

  it('DATABASE_URL → PostgreSQL', () => {
    const url = 'postgres://u:p@db/ostinato';
    expect(loadConfig({ DATABASE_URL: url }).database).toEqual({ kind: 'postgres', url });
  });

  it('settings of workers → measured defaults; a number or "auto" for pollers, and nothing else', () => {
    const open = { maxWorkflowTasks: null, maxLocalActivities: null, maxCachedWorkflows: null };
    expect(loadConfig({}).workers).toEqual({ maxActivities: 200, pollers: null, ...open });
    const pollersOf = (value: string) =>
      loadConfig({ OSTINATO_WORKER_POLLERS: value }).workers.pollers;
    expect([pollersOf('auto'), pollersOf('20')]).toEqual(['auto', 20]);
    expect(() => pollersOf('many')).toThrow(/OSTINATO_WORKER_POLLERS: must be "auto" or .*"many"/);
    expect(() => loadConfig({ OSTINATO_WORKER_WORKFLOW_TASKS: '1' })).toThrow(/WORKFLOW_TASKS/);
  });

  it('REDIS_URL → one node, or the nodes of a cluster', () => {
    const nodes = 'redis://:p@a:7000, redis://b:7001';
    expect(loadConfig({ REDIS_URL: 'rediss://a' }).redisUrl).toBe('rediss://a');
    expect(loadConfig({ REDIS_URL: nodes }).redisUrl).toBe(nodes);
    for (const wrong of ['http://a', 'redis://a,b:7001', 'redis://a,']) {
      expect(() => loadConfig({ REDIS_URL: wrong })).toThrow(/REDIS_URL: must be a redis/);
    }
  });

  it('answers of models → not kept, unless asked for', () => {
    expect(loadConfig({}).answerCache).toEqual({
      mode: 'off',
      maxWrong: 0.01,
      turns: false,
      staleMs: 86_400_000,
    });
    const given = { OSTINATO_ANSWER_CACHE: 'semantic', OSTINATO_ANSWER_CACHE_MAX_WRONG: '0.02' };
    expect(loadConfig(given).answerCache).toMatchObject({ mode: 'semantic', maxWrong: 0.02 });
    expect(loadConfig({ ...given, OSTINATO_ANSWER_CACHE_TURNS: 'true' }).answerCache.turns).toBe(
      true,
    );
    expect(() => loadConfig({ OSTINATO_ANSWER_CACHE_TURNS: 'true' })).toThrow(
      /OSTINATO_ANSWER_CACHE is "off".*set OSTINATO_ANSWER_CACHE=semantic/,
    );
    expect(() => loadConfig({ OSTINATO_ANSWER_CACHE: 'yes' })).toThrow(/OSTINATO_ANSWER_CACHE/);
    expect(() => loadConfig({ OSTINATO_ANSWER_CACHE_MAX_WRONG: '0' })).toThrow(/MAX_WRONG/);
  });

  it('the model → from its own folder, else from the cache', () => {
    expect(loadConfig({ OSTINATO_CACHE_DIR: '/c' }).modelDir).toBe('/c/models/all-MiniLM-L6-v2');
    expect(loadConfig({ XDG_CACHE_HOME: '/x' }).cacheDir).toBe('/x/ostinato');
    expect(loadConfig({ OSTINATO_MODEL_DIR: '/m' }).modelDir).toBe('/m');
  });

  it('several wrong values → all named, with what was received', () => {
    const bad = () => loadConfig({ OSTINATO_PORT: '99999', OSTINATO_LOG_LEVEL: 'loud' });
    expect(bad).toThrow(/OSTINATO_PORT.*"99999"/);
    expect(bad).toThrow(/OSTINATO_LOG_LEVEL.*"loud"/);
  });

  it('a wrong secret → named, not shown', () => {
    const bad = () =>
      loadConfig({ DATABASE_URL: 'mysql://u:hunter2@db', OSTINATO_API_KEY: 'short' });
    expect(bad).toThrow(/DATABASE_URL.*postgres/);
    expect(bad).not.toThrow(/hunter2|short"/);
  });

  it('reachable by others without a key → refused, with a key → taken', () => {
    expect(() => loadConfig({ OSTINATO_HOST: '0.0.0.0' })).toThrow(/OSTINATO_API_KEY/);
    const config = loadConfig({ OSTINATO_HOST: '0.0.0.0', OSTINATO_API_KEY: 'a-long-enough-key' });
    expect(config.http.host).toBe('0.0.0.0');
  });
});

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1', '[::1]'])('%s → yes', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  it.each(['0.0.0.0', '10.0.0.1', 'localhost.example.com', '127.0.0.1.example.com', '::'])(
    '%s → no',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
