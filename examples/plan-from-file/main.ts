// Runs plan.yaml and checks what came of it.
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
  const run = await runPlan(ostinato, {
    plan: parse(text) as WrittenPlan,
    agent: 'plan-from-file',
  });
  console.log(`Started run ${run.runId}`);
  const result = await run.result();
  for (const { id, state, problem } of result.steps)
    console.log(`${id}: ${state} ${problem ?? ''}`);

  const states = Object.fromEntries(result.steps.map(({ id, state }) => [id, state]));
  assert.deepEqual(states, {
    readme: 'done',
    package: 'done',
    missing: 'failed',
    echo: 'done',
    sum: 'done',
  });
  assert.equal(result.outcome, 'partial');
  const [sum] = result.results['sum']?.content ?? [];
  assert.match(sum?.kind === 'text' ? sum.text : '', /42/);
  console.log('As expected: everything ran but the step with the missing file.');
} finally {
  await ostinato.close();
}
