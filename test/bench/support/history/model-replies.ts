import type { JsonObject } from '../../../../common/json.ts';
import type { Scripted } from '../../../support/fake-llm/fake-llm-server.ts';

/** A plan of one call whose argument has so many characters. */
export function makePlan(turn: number, chars: number): Scripted {
  const steps = [
    { id: `echo_${turn}`, tool: 'everything/echo', args: { message: 'x'.repeat(chars) } },
  ];
  const called = { name: 'make_plan', arguments: JSON.stringify({ steps }) };
  return completion(
    { content: null, tool_calls: [{ id: `call_${turn}`, type: 'function', function: called }] },
    'tool_calls',
  );
}

export function sayDone(): Scripted {
  return completion({ content: 'Done.' }, 'stop');
}

function completion(message: JsonObject, finish: string): Scripted {
  return {
    kind: 'answer',
    status: 200,
    body: {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'gpt-test',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', refusal: null, ...message },
          finish_reason: finish,
        },
      ],
      usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
    },
  };
}
