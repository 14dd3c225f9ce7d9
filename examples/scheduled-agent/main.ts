// An agent on a Temporal Schedule: every night at two, and once now to see that it works.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import type { AgentResult } from 'ostinato';
import { runHandle, scheduleAgent } from 'ostinato';
import { connectToRunningEngine } from '../running-engine.ts';

const ostinato = await connectToRunningEngine();
const schedule = await scheduleAgent(ostinato, {
  scheduleId: `nightly-${Date.now()}`,
  cron: '0 2 * * *',
  timeZone: 'Europe/Berlin',
  run: { agent: 'nightly', goal: 'Read the file package.json' },
});
try {
  const [next] = await schedule.nextRunsAt();
  console.log(`Next run at ${next?.toISOString()}`);
  assert(next !== undefined && next.getTime() > Date.now());

  await schedule.trigger();
  let runIds = await schedule.recentRunIds();
  for (const until = Date.now() + 20_000; runIds.length === 0;) {
    assert(Date.now() < until, 'The triggered run did not start within 20 s.');
    await pause(100);
    runIds = await schedule.recentRunIds();
  }
  const [runId] = runIds;
  assert(runId !== undefined);
  const result = await runHandle<AgentResult>(ostinato, runId).result();
  console.log(`Run ${runId}: ${result.outcome}`);
  assert.equal(result.outcome, 'answered');
  console.log('As expected: the schedule started the agent, and it answered.');
} finally {
  await schedule.delete();
  await ostinato.close();
}
