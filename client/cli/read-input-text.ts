import { createReadStream } from 'node:fs';
import { whyUnreadable } from '../../common/why-unreadable.ts';
import { CliError } from './cli-error.ts';
import type { CliProcess } from './context.ts';
import { EXIT } from './exit-code.ts';

/** Longest text that a command reads, bytes: many times what any of them can use. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The text of a file that a command was given; `-` is standard input.
 * @param what begins the message where it cannot be read: `The plan `.
 * @throws CliError (usage) also where it is longer than 16 MiB, or no text.
 */
export async function readInputText(
  path: string,
  { stdin }: Pick<CliProcess, 'stdin'>,
  what = '',
): Promise<string> {
  const bytes = await collect(path === '-' ? stdin() : createReadStream(path)).catch(
    (error: unknown) => {
      throw unreadableInput(path, whyUnreadable(error), what);
    },
  );
  if (bytes === null) {
    throw unreadableInput(path, `it is longer than ${MAX_BYTES / 1024 / 1024} MiB`, what);
  }
  if (bytes.includes(0)) throw unreadableInput(path, 'it is no text (it has bytes of zero)', what);
  return bytes.toString('utf8');
}

/** What a message calls the input. */
export function inputName(path: string): string {
  return path === '-' ? 'standard input' : path;
}

export function unreadableInput(path: string, why: string, what = ''): CliError {
  return new CliError(EXIT.usage, `${what}${inputName(path)} cannot be read: ${why}.`);
}

/** `null`: there is more than may be read. */
async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer | null> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of source) {
    length += part.length;
    if (length > MAX_BYTES) return null;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
