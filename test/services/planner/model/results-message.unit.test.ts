// Proves what a model is told of a plan's results: long ones cut to a fair share with their whole kept
// as an artifact, those it has already named instead of repeated, all within the budget, and the same
// bytes for the same results.
import { describe, expect, it } from 'vitest';
import type { StepObservation } from '../../../../common/agent.ts';
import { DEFAULT_TENANT_ID } from '../../../../common/tenant.ts';
import { countTokens } from '../../../../services/context/count-tokens.ts';
import { readArtifact } from '../../../../services/planner/model/read-artifact.ts';
import { resultsMessage } from '../../../../services/planner/model/results-message.ts';
import { observation } from '../support/goal-input.ts';
import { memoryArtifacts } from '../support/memory-artifacts.ts';

const LONG = Array.from({ length: 3_000 }, (_, at) => `row ${at}: value ${at * 7}`).join('\n');
const MIDDLE = Array.from({ length: 60 }, (_, at) => `line ${at} of a listing`).join('\n');

const tenantId = DEFAULT_TENANT_ID;

async function tell(
  observations: readonly StepObservation[],
  given: Partial<Parameters<typeof resultsMessage>[1]> = {},
) {
  const artifacts = memoryArtifacts();
  const { message, saved } = await resultsMessage(artifacts, {
    ...{ tenantId, observations, callId: 'c', stepsLeft: 9, visible: [], maxTokens: 6_000 },
    ...given,
  });
  return { artifacts, message, saved, text: 'text' in message ? message.text : '' };
}

describe('resultsMessage', () => {
  it('a long result → beginning and end, and an artifact from which the middle is read', async () => {
    const { artifacts, text, saved } = await tell([observation('rows', LONG)]);
    expect(text).toContain('row 0: value 0');
    expect(text).toContain('row 2999: value 20993');
    expect(text).not.toContain('row 1500:');
    const [, id = ''] = /artifact ([0-9a-f]{16}),/.exec(text) ?? [];
    const read = await readArtifact(artifacts, tenantId, { id, find: 'row 1500:' }, 500);
    expect(read).toMatchObject({ isError: false, told: expect.stringContaining('value 10500') });
    expect(saved.results).toBeGreaterThan(countTokens(LONG) - 4_100);
    expect(saved.repeats).toBe(0);
  });

  it('an answer that lies in an artifact → a part of its whole, not the preview', async () => {
    const artifacts = memoryArtifacts();
    const body = new TextEncoder().encode(
      JSON.stringify({ content: [{ kind: 'text', text: LONG }], structured: null }),
    );
    const artifact = await artifacts.put(tenantId, { mediaType: 'application/json', body });
    const held = observation('rows', 'row 0… [preview]');
    const result = { ...(held.result ?? never()), artifact };
    const { message } = await resultsMessage(artifacts, {
      ...{ tenantId, callId: 'c', stepsLeft: 9, visible: [], maxTokens: 6_000 },
      observations: [{ ...held, result }],
    });
    expect(message).toMatchObject({ text: expect.stringContaining('row 2999: value 20993') });
    expect(message).toMatchObject({
      text: expect.stringContaining(`artifact ${artifact.artifactId.slice(0, 16)},`),
    });
  });

  it('many long results → each its share, all within the budget', async () => {
    const observations = Array.from({ length: 10 }, (_, at) =>
      observation(`s${at}`, `${at}${LONG}`),
    );
    const { text } = await tell([...observations, observation('short', 'done')]);
    expect(countTokens(text)).toBeLessThan(6_600);
    expect(text).toContain('--- result: data');
    for (const at of observations.keys()) expect(text).toContain(`Step s${at} `);
    expect(text).toMatch(/Step short [^]*\ndone\n/);
  });

  it('the same answer twice in one plan → said once, then named with its artifact', async () => {
    const { artifacts, text, saved } = await tell([
      observation('a', MIDDLE),
      observation('b', MIDDLE),
    ]);
    expect(text.split('line 59 of a listing')).toHaveLength(2);
    const [, mark] = /result: data ([0-9a-f]{8})/.exec(text) ?? [];
    const [, id = ''] =
      new RegExp(
        `The same as the result marked ${mark} above; it is kept as artifact (\\w+)\\.`,
      ).exec(text) ?? [];
    expect(await readArtifact(artifacts, tenantId, { id }, 1_000)).toMatchObject({
      told: expect.stringContaining('line 59 of a listing'),
    });
    expect(saved.repeats).toBe(countTokens(MIDDLE));
  });

  it('an answer that an earlier turn brought and is still seen → named; not seen any more → said', async () => {
    const { message } = await tell([observation('a', MIDDLE)]);
    const again = await tell([observation('b', MIDDLE)], { visible: [message] });
    expect(again.text).toContain('The same as the result marked');
    const gone = await tell([observation('b', MIDDLE)], { visible: [] });
    expect(gone.text).toContain('line 59 of a listing');
  });

  it('a short answer twice → said twice: naming it would take more', async () => {
    const { text, saved } = await tell([observation('a', 'ok'), observation('b', 'ok')]);
    expect(text).not.toContain('The same as');
    expect(saved).toEqual({ results: 0, repeats: 0 });
  });

  it('a result that quotes an earlier mark → is not taken for a repeat', async () => {
    const { message, text } = await tell([observation('a', MIDDLE)]);
    const [block = ''] = /--- result: data [^]*--- end of data \w+ ---/.exec(text) ?? [];
    const quoting = await tell([observation('b', `look: ${block}`)], { visible: [message] });
    expect(quoting.text).toContain('look: ');
  });

  it('the same observations → the same bytes', async () => {
    const observations = [observation('a', LONG), observation('b', '', { problem: 'gone' })];
    expect((await tell(observations)).text).toBe((await tell(observations)).text);
  });
});

function never(): never {
  throw new Error('the observation has a result');
}
