// Proves that runs recorded by every release still replay on the code as it is, and that the check
// bites: a history with one step altered must fail. Temporal compares no more than the tasks before the
// last one; what is done at that one is compared here.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { CACHE_DIR } from '../support/cache-dir.ts';
import { workflowBundle } from '../../workers/workflow-bundle.ts';
import type { RecordedHistory } from './last-commands.ts';
import { recordedLast, replayLast } from './last-commands.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

const FOLDER = join(import.meta.dirname, 'histories');
const files = readdirSync(FOLDER);
let codePath: string;

beforeAll(async () => {
  codePath = await workflowBundle(CACHE_DIR);
});

interface Started {
  readonly workflowId?: string;
}

/** What the run did at its last task, and what this code does there. */
interface LastTask {
  readonly recorded: readonly string[];
  readonly replayed: readonly string[];
}

async function replay(
  file: string,
  alter: (text: string) => string = (text) => text,
): Promise<LastTask> {
  const history = JSON.parse(alter(readFileSync(join(FOLDER, file), 'utf8'))) as RecordedHistory;
  // Ids that a run makes out of its own must come out the same.
  const { workflowId } = (history.events[0]?.['workflowExecutionStartedEventAttributes'] ??
    {}) as Started;
  const replayed = await replayLast({ workflowBundle: { codePath } }, history, workflowId);
  return { recorded: recordedLast(history), replayed };
}

async function expectSame(file: string, alter?: (text: string) => string): Promise<void> {
  const { recorded, replayed } = await replay(file, alter);
  expect(recorded).not.toEqual([]);
  expect(replayed).toEqual(recorded);
}

const DAY_MS = 24 * 3_600_000;

/** Times are what a run computes its waits and its wall time from. */
function clockGoesBack(text: string): string {
  const history = JSON.parse(text) as { events: { eventTime: string }[] };
  const middle = Math.floor(history.events.length / 2);
  for (const event of history.events.slice(middle)) {
    event.eventTime = new Date(Date.parse(event.eventTime) - DAY_MS).toISOString();
  }
  return JSON.stringify(history);
}

describe('recorded histories', () => {
  it.each([
    ...['run-agent', 'run-agent-cancelled', 'run-agent-child', 'run-agent-nested'],
    ...['run-agent-left', 'run-agent-continued', 'run-agent-steered', 'run-conversation'],
    ...['run-plan', 'run-plan-written', 'run-plan-aborted', 'run-plan-cancelled'],
    ...['run-plan-flow', 'run-plan-approved', 'run-plan-known', 'run-plan-batched'],
    ...['run-plan-batch-refused', 'run-plan-batch-failed', 'run-plan-batch-asked'],
    ...['run-plan-children', 'run-plan-child', 'run-plan-nested', 'run-plan-nested-deep'],
    ...['run-plan-children-out', 'run-plan-child-out', 'run-plan-children-cancelled'],
    ...['run-plan-left', 'run-plan-continued', 'run-plan-waits-left', 'run-plan-waits-continued'],
    ...[
      'run-plan-asked',
      'run-plan-asked-in-vain',
      'run-plan-asks-left',
      'run-plan-asks-continued',
    ],
    ...['run-plan-lends', 'run-plan-lent', 'run-plan-lent-short', 'run-plan-lost-child'],
    ...['run-plan-round', 'run-agent-round'],
    ...['run-batch-light', 'run-batch-runs', 'run-batch-cancelled', 'run-batch-item'],
  ])('the folder → holds a history of the kind %s', (kind) => {
    expect(files.filter((file) => file.replace(/-[\d.]+\.json$/, '') === kind)).not.toEqual([]);
  });

  it.each(files)('%s → replays on this code', async (file) => {
    await expectSame(file);
  });

  // A shard keeps to a pace and reports every second: what it does when is a matter of time.
  it.each(files.filter((file) => !file.startsWith('run-batch-shard-runs')))(
    '%s, the clock of the server goes back a day in the middle → decides the same',
    async (file) => {
      await expectSame(file, clockGoesBack);
    },
  );

  it('a history in which another activity ran → fails', async () => {
    const [file] = files.filter((name) => /^run-plan-\d/.test(name));
    const altered = replay(file ?? '', (text) =>
      text.replace('"name": "callTool"', '"name": "sendMail"'),
    );
    await expect(altered).rejects.toThrow(/determinism/i);
  });

  it('a history whose last task ended otherwise → Temporal takes it, and what was done is another thing', async () => {
    const [file] = files.filter((name) => /^run-plan-\d/.test(name));
    const { recorded, replayed } = await replay(file ?? '', (text) =>
      text.replace('EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES', 'EVENT_TYPE_TIMER_STARTED'),
    );
    expect(recorded).toContain('TIMER_STARTED');
    expect(replayed).not.toEqual(recorded);
  });
});
