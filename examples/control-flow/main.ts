// Runs plan.yaml, whose steps map over a list, may fail and have conditions, and checks what came of it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WrittenPlan } from 'ostinato';
import { runPlan } from 'ostinato';
import { parse } from 'yaml';
import { connectToRunningEngine } from '../running-engine.ts';

const text = await readFile(join(import.meta.dirname, 'plan.yaml'), 'utf8');
const ostinato = await connectToRunningEngine();
try {
  const run = await runPlan(ostinato, { plan: parse(text) as WrittenPlan, agent: 'control-flow' });
  console.log(`Started run ${run.runId}`);
  const { outcome, steps, results } = await run.result();
  for (const { id, state, problem } of steps) console.log(`${id}: ${state} ${problem ?? ''}`);

  const states = Object.fromEntries(steps.map(({ id, state }) => [id, state]));
  assert.deepEqual(states, { sums: 'done', notes: 'failed', report: 'done', alarm: 'skipped' });
  assert.equal(outcome, 'completed');
  const [report] = results['report']?.content ?? [];
  assert.match(report?.kind === 'text' ? report.text : '', /second sum: .*3/);
  console.log('As expected: three sums, no notes, a report and no alarm.');
} finally {
  await ostinato.close();
}
