// Proves that calls which come together share a statement, that nobody waits for company, and that
// one refused item refuses no other.
import { expect, it } from 'vitest';
import { groupCalls } from '../../../services/database/group-calls.ts';

interface World {
  readonly ask: (item: string) => Promise<string>;
  /** What each statement was given, in order. */
  readonly statements: (readonly string[])[];
  /** Lets the oldest open statement end. */
  endOne(): Promise<void>;
}

function newWorld(atOnce: number, refused: readonly string[] = [], didNothing = true): World {
  const statements: (readonly string[])[] = [];
  const open: PromiseWithResolvers<void>[] = [];
  const ask = groupCalls<string, string>({
    async run(items) {
      statements.push(items);
      const end = Promise.withResolvers<void>();
      open.push(end);
      await end.promise;
      if (items.some((item) => refused.includes(item))) throw new Error('refused');
      return items.map((item) => `did ${item}`);
    },
    keyOf: (item) => item,
    didNothing: () => didNothing,
    atOnce,
    most: 3,
  });
  return {
    ask,
    statements,
    async endOne() {
      open.shift()?.resolve();
      await soon();
    },
  };
}

function soon(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

it('alone → at once, alone', async () => {
  const world = newWorld(1);
  const answer = world.ask('a');
  await soon();
  expect(world.statements).toEqual([['a']]);
  await world.endOne();
  expect(await answer).toBe('did a');
});

it('together, and while one runs → the next statements, each as long as it may be', async () => {
  const world = newWorld(1);
  const answers = ['a', 'b'].map(world.ask);
  await soon();
  answers.push(...['c', 'd', 'e', 'f'].map(world.ask));
  for (let at = 0; at < 3; at += 1) await world.endOne();
  expect(world.statements).toEqual([['a', 'b'], ['c', 'd', 'e'], ['f']]);
  expect(await Promise.all(answers)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'].map((x) => `did ${x}`));
});

it('two statements at once → the second does not wait for the first', async () => {
  const world = newWorld(2);
  void world.ask('a');
  await soon();
  void world.ask('b');
  await soon();
  expect(world.statements).toEqual([['a'], ['b']]);
});

it('one key twice → in two statements, the later after the earlier', async () => {
  const world = newWorld(2);
  const answers = ['a', 'a', 'b'].map(world.ask);
  await soon();
  expect(world.statements).toEqual([['a', 'b']]);
  await world.endOne();
  expect(world.statements).toEqual([['a', 'b'], ['a']]);
  await world.endOne();
  expect(await Promise.all(answers)).toEqual(['did a', 'did a', 'did b']);
});

it('one is refused → each is tried alone, and only that one fails', async () => {
  const world = newWorld(1, ['b']);
  const ends = Promise.allSettled(['a', 'b', 'c'].map(world.ask));
  await soon();
  for (let at = 0; at < 4; at += 1) await world.endOne();
  expect((await ends).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(world.statements).toEqual([['a', 'b', 'c'], ['a'], ['b'], ['c']]);
});

it('fails, and may have done something → all fail, none is tried again', async () => {
  const world = newWorld(1, ['b'], false);
  const ends = Promise.allSettled(['a', 'b'].map(world.ask));
  await soon();
  await world.endOne();
  expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(world.statements).toEqual([['a', 'b']]);
});
