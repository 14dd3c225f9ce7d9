// Proves the order, outcomes and cleaning-up of a bootstrap with steps that write small files.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runSteps } from '../../../scripts/bootstrap/run-steps.mjs';
import { StepError } from '../../../scripts/bootstrap/step-error.mjs';
import { fakeMachine } from '../fake-machine.ts';

type Step = Parameters<typeof runSteps>[0][number];
type Result = Awaited<ReturnType<typeof runSteps>>[number];

function setUp() {
  const machine = fakeMachine();
  const events: string[] = [];
  const told: Result[] = [];
  const options = {
    root: machine.root,
    cache: machine.cache,
    env: machine.env,
    reporter: {
      progress: (name: string, doing: string) => void events.push(`${name}: ${doing}`),
      done: (result: Result) => void told.push(result),
    },
  };
  /** A step that makes one file in the cache. */
  function step(name: string, needs: string[] = [], over: Partial<Step> = {}): Step {
    const product = join(machine.cache, name);
    return {
      name,
      needs,
      essential: true,
      check: async () => (existsSync(product) ? `found ${name}` : undefined),
      make: async () => {
        events.push(`make ${name}`);
        writeFileSync(product, '');
      },
      ...over,
    };
  }
  return { ...machine, events, told, options, step };
}

const fail = (message: string) => async () => {
  throw new StepError(message, 'Install it.', { tail: 'last words' });
};

describe('runSteps', () => {
  it('nothing there → made in the order of needs; second run → ready, nothing made, no lock', async () => {
    const { step, options, events, cache } = setUp();
    const steps = [step('first'), step('second', ['first'])];
    const made = await runSteps(steps, options);
    expect(made.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['first', 'made'],
      ['second', 'made'],
    ]);
    expect(events).toEqual(['make first', 'make second']);
    const again = await runSteps(steps, options);
    expect(again.map(({ outcome, detail }) => [outcome, detail])).toEqual([
      ['ready', 'found first'],
      ['ready', 'found second'],
    ]);
    expect(events).toHaveLength(2);
    expect(readdirSync(cache)).not.toContain('bootstrap.lock');
  });

  it('an essential step fails → told with its remedy, those that need it are skipped, others run', async () => {
    const { step, options } = setUp();
    const steps = [
      step('broken', [], { make: fail('No compiler.') }),
      step('after', ['broken']),
      step('last', ['after']),
      step('other'),
    ];
    const [broken, after, last, other] = await runSteps(steps, options);
    expect(broken).toMatchObject({
      outcome: 'failed',
      detail: 'No compiler.',
      remedy: 'Install it.',
      tail: 'last words',
    });
    expect(after).toMatchObject({ outcome: 'skipped', detail: 'needs broken' });
    expect(last).toMatchObject({ outcome: 'skipped', detail: 'needs after' });
    expect(other).toMatchObject({ outcome: 'made' });
  });

  it('a step that can be done without fails → warning, those that need it run', async () => {
    const { step, options } = setUp();
    const steps = [
      step('faiss', [], { essential: false, make: fail('No library.') }),
      step('after', ['faiss']),
    ];
    const results = await runSteps(steps, options);
    expect(results.map(({ outcome }) => outcome)).toEqual(['warning', 'made']);
  });

  it('made, but the check does not find it → failed', async () => {
    const { step, options } = setUp();
    const [result] = await runSteps([step('ghost', [], { make: async () => {} })], options);
    expect(result).toMatchObject({ outcome: 'failed' });
    expect(result?.detail).toContain('the check does not find it');
  });

  it('the cache cannot be written → says which variable to set', async () => {
    const { step, options, base, file } = setUp();
    const cache = file(join(base, 'a-file'), '');
    const denied = step('denied', [], {
      check: async () => undefined,
      make: async () => {
        throw Object.assign(new Error('EACCES: permission denied, mkdir /x'), { code: 'EACCES' });
      },
    });
    const [result] = await runSteps([denied], options);
    expect(result?.remedy).toContain('OSTINATO_CACHE_DIR');
    const [blocked] = await runSteps([step('blocked')], { ...options, cache });
    expect(blocked).toMatchObject({ outcome: 'failed' });
    expect(blocked?.remedy).toContain('OSTINATO_CACHE_DIR');
  });

  it('two bootstraps at once → each thing is made once', async () => {
    const { step, options, events } = setUp();
    const slow = step('slow', [], {});
    const both = await Promise.all([runSteps([slow], options), runSteps([slow], options)]);
    expect(both.map(([result]) => result?.outcome).sort()).toEqual(['made', 'ready']);
    expect(events.filter((event) => event === 'make slow')).toHaveLength(1);
  });

  it('temporary directories → gone after the step, and those of a killed bootstrap too', async () => {
    const { step, options, cache } = setUp();
    mkdirSync(join(cache, 'tmp', 'left-by-the-dead'), { recursive: true });
    const messy = step('messy');
    const steps: Step[] = [
      {
        ...messy,
        make: async (context) => {
          writeFileSync(join(context.tempDir(), 'part'), '');
          expect(readdirSync(join(cache, 'tmp'))).toHaveLength(1);
          await messy.make(context);
        },
      },
    ];
    expect((await runSteps(steps, options))[0]).toMatchObject({ outcome: 'made' });
    expect(readdirSync(join(cache, 'tmp'))).toEqual([]);
  });

  it('interrupt → rejects, and leaves neither temporary files nor the lock', async () => {
    const { step, options, cache } = setUp();
    const stop = new AbortController();
    const long = step('long', [], {
      make: async (context) => {
        context.tempDir();
        setImmediate(() => stop.abort());
        await context.must('sleep', ['60'], 'Sleeping', 'Wait.');
      },
    });
    await expect(runSteps([long], { ...options, signal: stop.signal })).rejects.toThrow();
    expect(readdirSync(join(cache, 'tmp'))).toEqual([]);
    expect(readdirSync(cache)).not.toContain('bootstrap.lock');
  });
});
