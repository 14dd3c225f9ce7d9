import { degradedWords } from '../../../common/degraded.ts';
import type { StepObservation } from '../../../common/agent.ts';
import type { LlmMessage } from '../../../common/llm.ts';
import type { TenantId } from '../../../common/tenant.ts';
import type { ToolResult } from '../../../common/tool.ts';
import type { ArtifactStore } from '../../artifacts/artifact-store.ts';
import { createResultKeeper } from '../../artifacts/result-keeper.ts';
import { shortArtifactId } from '../../artifacts/short-artifact-id.ts';
import { blocksIn } from '../../context/blocks-in.ts';
import { countTokens } from '../../context/count-tokens.ts';
import { cutToTokens } from '../../context/cut-to-tokens.ts';
import { dataBlock } from '../../context/data-block.ts';
import { plainText } from '../../context/plain-text.ts';
import { shareTokens } from '../../context/share-tokens.ts';
import { stepsText } from './planner-messages.ts';
import { MAKE_PLAN } from './planner-tools.ts';
import type { WholeBody } from './whole-body.ts';
import { wholeBody } from './whole-body.ts';

/** Longest part of one result, whatever room there is: the rest is read when it is needed. */
const MAX_RESULT_TOKENS = 4_000;
/** The lines around one result. */
const FRAME_TOKENS = 60;
const LEAST_RESULT_TOKENS = 40;
const MAX_PROBLEM_TOKENS = 500;
/** Naming a result takes about this; shorter ones are said again. */
const WORTH_NAMING_TOKENS = 80;
const RESULT = 'result';

export interface ResultsGiven {
  readonly tenantId: TenantId;
  readonly observations: readonly StepObservation[];
  /** Of the call that made the plan; `null`: none is open. */
  readonly callId: string | null;
  readonly stepsLeft: number;
  /** What the model still sees of earlier turns: results in it are not said again. */
  readonly visible: readonly LlmMessage[];
  /** For all results together. */
  readonly maxTokens: number;
}

export interface Results {
  readonly message: LlmMessage;
  readonly saved: SavedResults;
}

/** Tokens that were left out of long results, and those of results that were not said again. */
export interface SavedResults {
  results: number;
  repeats: number;
}

/**
 * What the last plan brought, as the answer to the call that made it. Long results are cut to a fair
 * share and kept whole as artifacts; one that the model has already is named. The same observations
 * after the same messages give the same bytes.
 */
export async function resultsMessage(
  artifacts: Pick<ArtifactStore, 'put' | 'get'>,
  given: ResultsGiven,
): Promise<Results> {
  const { observations, callId, stepsLeft, tenantId, visible } = given;
  const bodies = await Promise.all(
    observations.map(({ result }) => wholeBody(artifacts, tenantId, result)),
  );
  const sizes = bodies.map(({ text }) => Math.min(MAX_RESULT_TOKENS, countTokens(text)));
  const shares = shareTokens(sizes, given.maxTokens - observations.length * FRAME_TOKENS);
  const telling: Telling = {
    keep: async (result) => {
      const { artifact } = await createResultKeeper(artifacts).keep(tenantId, result);
      return artifact === null ? '' : shortArtifactId(artifact.artifactId);
    },
    seen: blocksIn(visible, RESULT),
    saved: { results: 0, repeats: 0 },
  };
  const parts: string[] = [];
  for (const [at, body] of bodies.entries()) {
    const observation = observations[at];
    const maxTokens = Math.max(LEAST_RESULT_TOKENS, shares[at] ?? 0);
    if (observation !== undefined) parts.push(await tell(telling, observation, body, maxTokens));
  }
  const done = observations.filter(({ step }) => step.state === 'done').map(({ step }) => step.id);
  const doneText =
    done.length === 0 ? [] : [`Done already, so do not plan it again: ${done.join(', ')}.`];
  const text = [...parts, ...doneText, stepsText(stepsLeft)].join('\n\n');
  const message: LlmMessage =
    callId === null
      ? { from: 'user', text }
      : { from: 'tool', callId, name: MAKE_PLAN, text, isError: false };
  return { message, saved: telling.saved };
}

interface Telling {
  /** Puts a whole result where it can be read later, and gives its name. */
  readonly keep: (result: ToolResult) => Promise<string>;
  /** Marks of the results that the model has, by their text. */
  readonly seen: Map<string, string>;
  readonly saved: SavedResults;
}

async function tell(
  { keep, seen, saved }: Telling,
  { step, result }: StepObservation,
  body: WholeBody,
  maxTokens: number,
): Promise<string> {
  const head = headOf({ step, result });
  if (result === null) return head;
  const cut = cutToTokens(body.text, maxTokens);
  const shown = plainText(cut.text) || '(empty)';
  const tokens = countTokens(shown);
  const mark = seen.get(shown);
  if (mark !== undefined && tokens >= WORTH_NAMING_TOKENS) {
    saved.repeats += tokens;
    return `${head}\nThe same as the result marked ${mark} above; it is kept as artifact ${await keep(result)}.`;
  }
  const block = dataBlock(RESULT, shown);
  for (const [text, itsMark] of blocksIn([{ from: 'user', text: block }], RESULT)) {
    seen.set(text, itsMark);
  }
  if (cut.omitted === null && body.isWhole) return `${head}\n${block}`;
  saved.results += Math.max(0, countTokens(body.text) - tokens);
  const size = body.isWhole ? `${body.text.length} characters` : `${result.artifact?.bytes} bytes`;
  return `${head}\nIt has ${size}; this is a part. The whole is artifact ${await keep(result)}, which read_artifact reads.\n${block}`;
}

function headOf({ step, result }: StepObservation): string {
  const other = result?.degraded?.at(-1);
  const by = other === undefined ? '' : `, ${degradedWords(other)}`;
  const refused = result?.isError === true ? ', and the tool refused' : '';
  const head = `Step ${step.id} (${step.tool}): ${step.state}${by}${refused}`;
  if (step.problem === null) return head;
  return `${head}\n${dataBlock('reason', cutToTokens(step.problem, MAX_PROBLEM_TOKENS).text)}`;
}
