// Runs in the workflow sandbox: a conversation in which the transcript travels with each model call.
import { proxyActivities } from '@temporalio/workflow';

interface ModelActivities {
  askModel(transcript: readonly string[]): Promise<string>;
}

export async function converse(calls: number): Promise<number> {
  const { askModel } = proxyActivities<ModelActivities>({ startToCloseTimeout: '1 minute' });
  const transcript: string[] = [];
  for (let call = 0; call < calls; call += 1) transcript.push(await askModel(transcript));
  return transcript.length;
}
