import type { LlmStreamEvent } from '../../common/llm-stream.ts';
import type { LlmPart, LlmResponse } from '../../common/llm.ts';
import { newId } from '../new-id.ts';
import type { OutputItem, ResponseHead } from './response-object.ts';
import {
  carrierOf,
  outputText,
  startedResponse,
  toItem,
  toResponseObject,
} from './response-object.ts';

export type ResponseEvent = { readonly type: string } & Record<string, unknown>;

/** An item that is being written. */
interface Draft {
  readonly kind: LlmPart['kind'];
  readonly index: number;
  readonly id: string;
  text: string;
  done: boolean;
}

/**
 * Turns events into those of the Responses API. Reasoning ends with the answer: only then is known
 * what its provider wants back.
 */
export function createResponseEvents(
  head: ResponseHead,
): (event: LlmStreamEvent) => readonly ResponseEvent[] {
  const items = createItems();
  let sequence = 0;
  let { model } = head.body;
  const numbered = (events: readonly ResponseEvent[]): readonly ResponseEvent[] =>
    events.map((event) => {
      sequence += 1;
      return { ...event, sequence_number: sequence - 1 };
    });
  const begin = (): readonly ResponseEvent[] => {
    if (sequence > 0) return [];
    const response = startedResponse(head, model);
    return [
      { type: 'response.created', response },
      { type: 'response.in_progress', response },
    ];
  };
  return (event) => {
    switch (event.kind) {
      case 'served':
        ({ model } = event.servedBy);
        return [];
      case 'text':
      case 'reasoning':
        return numbered([...begin(), ...items.words(event.kind, event.text)]);
      case 'tool-call-start':
        return numbered([...begin(), ...items.startCall(event.callId, event.name)]);
      case 'tool-call-args':
        return numbered(items.callArgs(event.callId, event.text));
      case 'tool-call-end':
        return numbered(items.endCall(event));
      case 'finish': {
        const { events, output } = items.finish(event.response);
        const cut = event.response.finish.unified === 'length';
        const type = cut ? 'response.incomplete' : 'response.completed';
        const response = toResponseObject(head, event.response, output);
        return numbered([...begin(), ...events, { type, response }]);
      }
      default:
        return [];
    }
  };
}

function createItems() {
  const drafts: Draft[] = [];
  const calls = new Map<string, Draft>();
  const open = (kind: Draft['kind'], id = newId()): Draft => {
    const draft = { kind, index: drafts.length, id, text: '', done: false };
    drafts.push(draft);
    return draft;
  };
  const endText = (): ResponseEvent[] => {
    const draft = drafts.find(({ kind, done: ended }) => kind === 'text' && !ended);
    if (draft === undefined) return [];
    const { text } = draft;
    const at = { item_id: `msg_${draft.id}`, output_index: draft.index, content_index: 0 };
    return [
      { type: 'response.output_text.done', ...at, text, logprobs: [] },
      { type: 'response.content_part.done', ...at, part: outputText(text) },
      done(draft, toItem({ kind: 'text', text }, draft.id, false)),
    ];
  };

  return {
    words(kind: 'text' | 'reasoning', text: string): ResponseEvent[] {
      const last = drafts.at(-1);
      const isNew = last?.kind !== kind || last.done;
      const before = isNew ? endText() : [];
      const draft = isNew ? open(kind) : last;
      draft.text += text;
      return [...before, ...(isNew ? opened(draft) : []), delta(draft, text)];
    },
    startCall(callId: string, name: string): ResponseEvent[] {
      const before = endText();
      const draft = open('tool-call');
      calls.set(callId, draft);
      const item = toItem({ kind: 'tool-call', callId, name, args: {} }, draft.id, false);
      return [...before, added(draft, { ...item, status: 'in_progress', arguments: '' })];
    },
    callArgs(callId: string, text: string): ResponseEvent[] {
      const draft = calls.get(callId);
      if (draft === undefined) return [];
      draft.text += text;
      return [delta(draft, text)];
    },
    endCall(call: Extract<LlmStreamEvent, { kind: 'tool-call-end' }>): ResponseEvent[] {
      const draft = calls.get(call.callId);
      if (draft === undefined) return [];
      const item = toItem({ ...call, kind: 'tool-call' }, draft.id, false);
      const at = { item_id: `fc_${draft.id}`, output_index: draft.index };
      const type = 'response.function_call_arguments.done';
      return [{ type, ...at, name: call.name, arguments: item['arguments'] }, done(draft, item)];
    },
    /** Ends what is open, and gives all items with what their providers want back. */
    finish({ parts }: LlmResponse): { events: ResponseEvent[]; output: OutputItem[] } {
      const events = endText();
      const left = [...drafts];
      const output = parts.flatMap((part) => {
        const isStreamed = part.kind === 'tool-call' || part.text !== '';
        const at = isStreamed ? left.findIndex(({ kind }) => kind === part.kind) : -1;
        const [found] = at === -1 ? [] : left.splice(at, 1);
        const draft = found ?? open(part.kind);
        const item = toItem(part, draft.id, false);
        if (found === undefined) events.push(added(draft, item));
        if (!draft.done) events.push(done(draft, item));
        const carrier = carrierOf(part);
        if (carrier === null) return [item];
        const beside = open('reasoning');
        events.push(added(beside, carrier), done(beside, carrier));
        return [carrier, item];
      });
      return { events, output };
    },
  };
}

function added({ index }: Draft, item: OutputItem): ResponseEvent {
  return { type: 'response.output_item.added', output_index: index, item };
}

function done(draft: Draft, item: OutputItem): ResponseEvent {
  draft.done = true;
  return { type: 'response.output_item.done', output_index: draft.index, item };
}

/** The events before an item's first words. */
function opened(draft: Draft): ResponseEvent[] {
  const { id, index } = draft;
  if (draft.kind === 'reasoning') {
    const item_id = `rs_${id}`;
    const part = { type: 'summary_text', text: '' };
    const place = { item_id, output_index: index, summary_index: 0 };
    return [
      added(draft, { type: 'reasoning', id: item_id, summary: [], encrypted_content: null }),
      { type: 'response.reasoning_summary_part.added', ...place, part },
    ];
  }
  const item_id = `msg_${id}`;
  const item = { type: 'message', id: item_id, role: 'assistant', status: 'in_progress' };
  const place = { item_id, output_index: index, content_index: 0 };
  return [
    added(draft, { ...item, content: [] }),
    { type: 'response.content_part.added', ...place, part: outputText('') },
  ];
}

function delta({ kind, index, id }: Draft, text: string): ResponseEvent {
  switch (kind) {
    case 'text': {
      const place = { item_id: `msg_${id}`, output_index: index, content_index: 0 };
      return { type: 'response.output_text.delta', ...place, delta: text, logprobs: [] };
    }
    case 'reasoning': {
      const place = { item_id: `rs_${id}`, output_index: index, summary_index: 0 };
      return { type: 'response.reasoning_summary_text.delta', ...place, delta: text };
    }
    case 'tool-call': {
      const place = { item_id: `fc_${id}`, output_index: index };
      return { type: 'response.function_call_arguments.delta', ...place, delta: text };
    }
  }
}
