// Records the histories that replay.test.ts replays; `npm run record -- --help`.
import { parseArgs } from 'node:util';
import { startRecorder } from './recorder.ts';
import type { Recorder } from './recorder.ts';
import { recordBatched } from './scenes/batched.ts';
import { recordBatches } from './scenes/batches.ts';
import {
  recordChildren,
  recordEndedChildren,
  recordLent,
  recordNested,
} from './scenes/children.ts';
import { recordAhead, recordUndo } from './scenes/decisions.ts';
import { recordApproved, recordFlow, recordKnown } from './scenes/flow.ts';
import { recordContinued, recordConversation, recordOrders } from './scenes/long-lives.ts';
import { recordAgents, recordPlans } from './scenes/plans.ts';
import { recordQuestions } from './scenes/questions.ts';
import { recordLost, recordRounds } from './scenes/rounds.ts';

const SCENES: Readonly<Record<string, (recorder: Recorder) => Promise<void>>> = {
  agents: recordAgents,
  plans: recordPlans,
  flow: recordFlow,
  approved: recordApproved,
  questions: recordQuestions,
  ahead: recordAhead,
  undo: recordUndo,
  known: recordKnown,
  batched: recordBatched,
  children: recordChildren,
  nested: recordNested,
  'ended-children': recordEndedChildren,
  lent: recordLent,
  continued: recordContinued,
  orders: recordOrders,
  conversation: recordConversation,
  batches: recordBatches,
  rounds: recordRounds,
  lost: recordLost,
};

const HELP = `Records histories of runs on the code as it is, for test/replay/replay.test.ts.

Usage: npm run record -- RELEASE [SCENE ...]

  RELEASE   ends the names of the files; a file that is there is never written over, since
            histories of earlier code must stay as they are
  SCENE     default: all of ${Object.keys(SCENES).join(', ')}

Example: npm run record -- 0.6.0 known batched
`;

const { values, positionals } = parseArgs({
  options: { help: { type: 'boolean' } },
  allowPositionals: true,
});
const [release = '', ...asked] = positionals;
const names = asked.length === 0 ? Object.keys(SCENES) : asked;
const stranger = names.find((name) => !Object.hasOwn(SCENES, name));

if (values.help === true) console.log(HELP);
else if (!/^\d+\.\d+\.\d+$/.test(release))
  fail(`RELEASE is ${JSON.stringify(release)}: write 0.6.0.`);
else if (stranger !== undefined) fail(`There is no scene ${JSON.stringify(stranger)}.`);
else await record();

async function record(): Promise<void> {
  const recorder = await startRecorder(release);
  try {
    for (const name of names) await SCENES[name]?.(recorder);
  } finally {
    await recorder.close();
  }
}

function fail(problem: string): void {
  console.error(`${problem}\n\n${HELP}`);
  process.exitCode = 1;
}
