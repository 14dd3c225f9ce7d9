// A model provider of its own process, so that it can be killed and stopped: Chat Completions, whole or
// streamed, after a fixed time. Prints its port; `MODEL_SERVER_PORT` brings it back at the same one.
import { createServer } from 'node:http';

const ANSWER_MS = Number(process.env.MODEL_SERVER_ANSWER_MS ?? 20);
const WORDS = Number(process.env.MODEL_SERVER_WORDS ?? 20);
const usage = { prompt_tokens: 100, completion_tokens: 200, total_tokens: 300 };
const shared = { id: 'c1', created: 1, model: 'm' };

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk) => (text += chunk));
  request.on('end', () => {
    const { stream } = JSON.parse(text);
    setTimeout(() => (stream ? streamed(response) : whole(response)), ANSWER_MS);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.env.MODEL_SERVER_PORT ?? 0), '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${address !== null && typeof address === 'object' ? address.port : ''}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();

/** @param {import('node:http').ServerResponse} response */
function whole(response) {
  const message = { role: 'assistant', content: 'word '.repeat(WORDS) };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ...shared, object: 'chat.completion', choices, usage }));
}

/** @param {import('node:http').ServerResponse} response */
function streamed(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  /** @type {(choices: readonly object[], more?: object) => void} */
  const send = (choices, more = {}) =>
    void response.write(
      `data: ${JSON.stringify({ ...shared, object: 'chat.completion.chunk', choices, ...more })}\n\n`,
    );
  let left = WORDS;
  const next = () => {
    if (left > 0) {
      left -= 1;
      send([{ index: 0, delta: { content: 'word ' }, finish_reason: null }]);
      setTimeout(next, 5);
      return;
    }
    send([{ index: 0, delta: {}, finish_reason: 'stop' }]);
    send([], { usage });
    response.end('data: [DONE]\n\n');
  };
  next();
}
