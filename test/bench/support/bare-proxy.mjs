// The least that a gateway can cost where it is a Node process of its own: hands bytes on, both ways, by
// the same server and client as ours, and knows nothing of models. Prints its address.
import { createServer } from 'node:http';
import { Agent, request as send } from 'undici';

const upstream = process.env.BENCH_UPSTREAM ?? '';
const dispatcher = new Agent();

const server = createServer((request, response) => {
  /** @type {Buffer[]} */
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => void passOn(request, Buffer.concat(chunks), response));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : '';
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {Buffer} body
 * @param {import('node:http').ServerResponse} response
 */
async function passOn(request, body, response) {
  const headers = { 'content-type': 'application/json' };
  const url = `${upstream}${request.url}`;
  const answer = await send(url, { method: 'POST', dispatcher, headers, body });
  const type = String(answer.headers['content-type']);
  response.writeHead(answer.statusCode, { 'content-type': type });
  for await (const chunk of answer.body) response.write(chunk);
  response.end();
}
