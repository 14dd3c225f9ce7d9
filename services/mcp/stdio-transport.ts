import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import type { Environment } from './expand-env.ts';
import { LineSplitter } from './line-splitter.ts';
import { idFromEnds, oversizedAnswer } from './oversized-answer.ts';
import { adoptGroup, stopGroup } from './process-group.ts';
import type { StdioServer } from './server-transport.ts';

const GRACE_MS = 1_500;
/** After the process ended, its pipes may still hold its last words. */
const DRAIN_MS = 250;
const MAX_STDERR_LINE_BYTES = 4 * 1024;
const LAST_WORDS = 3;
/** More than this without one MCP message is no MCP server. */
const MAX_NOISE_BYTES = 1024 * 1024;
/** A line that is being dropped for its size may grow this far before the server is ended. */
const MAX_DROPPED_BYTES = 256 * 1024 * 1024;

const INHERITED = [
  'HOME',
  'LANG',
  'LC_ALL',
  'LOGNAME',
  'PATH',
  'SHELL',
  'TERM',
  'TMPDIR',
  'TZ',
  'USER',
];

export interface StdioTransportOptions {
  readonly server: StdioServer;
  readonly env: Environment;
  readonly maxMessageBytes: number;
  /** Takes secrets out of what the server prints. */
  readonly redact: (text: string) => string;
  readonly onStderr: (line: string) => void;
}

/**
 * Runs a server as a child process and speaks JSON lines with it. Unlike the SDK's own, it ends
 * the whole process group, drops an answer that is too large without losing the connection, and
 * keeps what the server said last for the error message.
 */
export class StdioTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: Transport['onmessage'];

  readonly #options: StdioTransportOptions;
  #child: ChildProcess | null = null;
  #closed = false;
  #messages = 0;
  #noiseBytes = 0;
  #noise: string | null = null;
  #lastWords: string[] = [];
  #endedBy: string | null = null;

  constructor(options: StdioTransportOptions) {
    this.#options = options;
  }

  /** A message larger than the limit was what ended the connection. */
  tooLarge = false;
  /** Size of the message that `onmessage` is being called with. */
  lastMessageBytes = 0;

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** What is known about why the server does not answer; empty when nothing is. */
  describeEnd(): string {
    const parts: string[] = [];
    if (this.#endedBy !== null) parts.push(this.#endedBy);
    if (this.#noise !== null) {
      parts.push(
        `it printed ${JSON.stringify(this.#noise)} on stdout, where only MCP messages may go ` +
          '(its logs belong on stderr)',
      );
    }
    if (this.#lastWords.length > 0) {
      parts.push(`its last lines on stderr: ${JSON.stringify(this.#lastWords.join(' | '))}`);
    }
    return parts.join('; ');
  }

  async start(): Promise<void> {
    const { server, env } = this.#options;
    const child = spawn(server.command, server.args, {
      cwd: server.cwd ?? undefined,
      env: childEnvironment(env, server.env),
      stdio: ['pipe', 'pipe', 'pipe'],
      // Its own process group, so that what it starts can be ended with it.
      detached: true,
      windowsHide: true,
    });
    this.#child = child;
    child.stdin.on('error', (error) => this.onerror?.(error));
    await once(child, 'spawn');
    child.on('error', (error) => this.onerror?.(error));
    if (child.pid !== undefined) adoptGroup(child.pid);
    this.#readOutput(child);
    child.once('exit', (code, signal) => {
      this.#endedBy ??= `the process ended with ${signal === null ? `exit code ${code}` : signal}`;
      void this.#finish(child);
    });
  }

  send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin;
    if (this.#closed || stdin === undefined || stdin === null || !stdin.writable) {
      return Promise.reject(new Error('The process is gone.'));
    }
    return new Promise((resolve, reject) => {
      stdin.write(`${JSON.stringify(message)}\n`, (error) =>
        error === null || error === undefined ? resolve() : reject(error),
      );
    });
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#endedBy ??= 'it was closed';
    await this.#end(child);
  }

  #readOutput(child: ChildProcess): void {
    const { maxMessageBytes, onStderr } = this.#options;
    const output = new LineSplitter(maxMessageBytes, {
      onLine: (line, bytes) => this.#receive(line, bytes),
      onOversized: ({ head, tail, bytes }) => this.#dropAnswer(idFromEnds(head, tail), bytes),
    });
    const words = new LineSplitter(MAX_STDERR_LINE_BYTES, {
      onLine: (line) => this.#hear(line, onStderr),
      onOversized: ({ head, bytes }) => this.#hear(`${head}… [${bytes} bytes]`, onStderr),
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      output.push(chunk);
      if (output.pendingBytes > maxMessageBytes + MAX_DROPPED_BYTES) {
        this.#giveUpTooLarge(output.pendingBytes);
      }
    });
    child.stderr?.on('data', (chunk: Buffer) => words.push(chunk));
  }

  #hear(text: string, onStderr: (line: string) => void): void {
    if (text.trim() === '') return;
    const line = this.#options.redact(text);
    this.#lastWords = [...this.#lastWords, line.slice(0, 300)].slice(-LAST_WORDS);
    onStderr(line);
  }

  #receive(line: string, bytes: number): void {
    if (this.#closed || line === '') return;
    const message = parseMessage(line);
    if (message === null) {
      this.#ignoreNoise(line, bytes);
      return;
    }
    this.#messages += 1;
    this.lastMessageBytes = bytes;
    this.onmessage?.(message);
  }

  #ignoreNoise(line: string, bytes: number): void {
    const shown = this.#options.redact(line).slice(0, 120);
    this.#noise ??= shown;
    this.#noiseBytes += bytes;
    this.onerror?.(new Error(`Not an MCP message on stdout: ${JSON.stringify(shown)}`));
    if (this.#messages === 0 && this.#noiseBytes > MAX_NOISE_BYTES) {
      this.#giveUp('it sent no MCP message');
    }
  }

  #dropAnswer(id: string | number | null, bytes: number): void {
    if (id === null) this.#giveUpTooLarge(bytes);
    else this.onmessage?.(oversizedAnswer(id, bytes));
  }

  #giveUpTooLarge(bytes: number): void {
    this.tooLarge = true;
    this.#giveUp(`it sent a message of ${bytes} bytes, which is over the limit`);
  }

  #giveUp(reason: string): void {
    this.#endedBy ??= reason;
    void this.close();
  }

  async #finish(child: ChildProcess): Promise<void> {
    await Promise.race([
      new Promise((resolve) => child.once('close', resolve)),
      delay(DRAIN_MS, undefined, { ref: false }),
    ]);
    await this.#end(child);
  }

  async #end(child: ChildProcess): Promise<void> {
    this.#announceClose();
    await stopGroup(child, GRACE_MS);
    destroyPipes(child);
    // Its process id may soon be another's: nothing may be sent to it from here on.
    this.#child = null;
  }

  #announceClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.onclose?.();
  }
}

function destroyPipes(child: ChildProcess): void {
  child.stdin?.destroy();
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function parseMessage(line: string): JSONRPCMessage | null {
  try {
    const parsed: unknown = JSON.parse(line);
    const isMessage =
      typeof parsed === 'object' &&
      parsed !== null &&
      'jsonrpc' in parsed &&
      parsed.jsonrpc === '2.0';
    // The protocol layer validates the rest.
    return isMessage ? (parsed as JSONRPCMessage) : null;
  } catch {
    return null;
  }
}

function childEnvironment(
  env: Environment,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const name of INHERITED) {
    const value = env[name];
    if (value !== undefined) inherited[name] = value;
  }
  return { ...inherited, ...own };
}
