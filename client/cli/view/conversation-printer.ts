import type { ConversationEvent } from '../../index.ts';
import type { CliContext } from '../context.ts';
import { runEnding } from './run-ending.ts';
import type { RunPrinter } from './run-printer.ts';
import { createRunPrinter } from './run-printer.ts';

/** Shows a conversation while it goes on, one message after the other. */
export interface ConversationPrinter {
  take(event: ConversationEvent): void;
  /** Leaves the last state standing. */
  end(): void;
}

export function createConversationPrinter({
  process,
  services,
  style,
  print,
}: Pick<CliContext, 'process' | 'services' | 'style' | 'print'>): ConversationPrinter {
  const { out: write, isTty, width, height } = process;
  let printer: RunPrinter | null = null;
  const end = (): void => {
    printer?.end();
    printer = null;
  };
  /** One that was watched from its middle on has no `message`. */
  const current = (): RunPrinter =>
    (printer ??= createRunPrinter({ write, style, isTty, width, height }));
  return {
    end,
    take(event) {
      switch (event.kind) {
        case 'message':
          end();
          print('', style.bold(`Message ${event.runId}`));
          break;
        case 'progress':
          current().show(event.progress);
          break;
        case 'live':
          current().live(event.event);
          break;
        case 'waiting':
          current().say(style.warn(`Waiting: ${event.reason}`));
          break;
        case 'lost':
          break;
        case 'ended': {
          end();
          const api = `${services.apiUrl}/v1/runs/${event.run.runId}`;
          print(...runEnding(event.run, { temporalUi: null, api }, style));
        }
      }
    },
  };
}
