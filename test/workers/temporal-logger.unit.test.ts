// Proves that what Temporal's SDK logs is an entry of ours: a line, the level from WARN up, what
// names the call, and no token. Into a text.
import { ApplicationFailure } from '@temporalio/common';
import { expect, it } from 'vitest';
import { createLogger } from '../../services/telemetry/logger.ts';
import { createTemporalLogger } from '../../workers/temporal-logger.ts';

function logged(write: (logger: ReturnType<typeof createTemporalLogger>) => void): object[] {
  let text = '';
  const destination = { write: (line: string) => void (text += line) };
  write(
    createTemporalLogger(createLogger({ level: 'info', pretty: false, name: 't', destination })),
  );
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as object);
}

it('an activity that failed on purpose → its type, its message and the call, no stack, no token', () => {
  const error = ApplicationFailure.create({ type: 'Tool.BadArguments', message: 'no "a"' });
  const [entry, ...more] = logged((logger) =>
    logger.warn('Activity failed', { taskToken: 'abc', workflowId: 'w', attempt: 2, error }),
  );
  expect(more).toEqual([]);
  expect(entry).toMatchObject({
    ...{ level: 'warn', msg: 'Activity failed', workflowId: 'w', attempt: 2 },
    ...{ type: 'Tool.BadArguments', problem: 'no "a"' },
  });
  expect(JSON.stringify(entry)).not.toMatch(/taskToken|temporal-logger/);
});

it('an error that nobody meant → its stack', () => {
  const [entry] = logged((logger) =>
    logger.log('ERROR', 'Workflow task failed', { error: new TypeError('oops') }),
  );
  expect(entry).toMatchObject({ level: 'error', err: { message: 'oops' } });
  expect(JSON.stringify(entry)).toContain('temporal-logger.unit.test.ts');
});

it('below WARN → nothing', () => {
  expect(
    logged((logger) => {
      logger.info('started');
      logger.log('DEBUG', 'polled');
    }),
  ).toEqual([]);
});
