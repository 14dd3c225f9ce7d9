// A backend service: takes an order over HTTP, starts an agent for it, and answers with what the
// agent found. The order's number is the run's id, so an order that is sent twice runs once.
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { isClientError, runHandle, startAgent } from 'ostinato';
import { connectToRunningEngine } from '../running-engine.ts';

interface Order {
  readonly number: string;
  readonly goal: string;
}

const ostinato = await connectToRunningEngine();

async function takeOrder(request: IncomingMessage): Promise<object> {
  const order = JSON.parse(await text(request)) as Order;
  const run = await startAgent(ostinato, {
    runId: order.number,
    agent: 'orders',
    goal: order.goal,
    limits: { maxWallMs: 120_000 },
  });
  return { run: run.runId, result: await run.result() };
}

const service = createServer((request, response) => {
  takeOrder(request).then(
    (answer) => response.end(JSON.stringify(answer)),
    (error: unknown) => {
      response.statusCode = isClientError(error) && error.code === 'unavailable' ? 503 : 400;
      response.end(JSON.stringify({ error: error instanceof Error ? error.message : error }));
    },
  );
});
await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
const address = service.address();
assert(address !== null && typeof address === 'object');

// The rest is a customer of that service, who sends one order twice.
try {
  const order: Order = {
    number: `order-${Date.now()}`,
    goal: 'Read the file package.json and echo "order received"',
  };
  const send = async () =>
    (await fetch(`http://127.0.0.1:${address.port}/`, {
      method: 'POST',
      body: JSON.stringify(order),
    }).then((response) => response.json())) as {
      run: string;
      result: { outcome: string; answer?: string; toolCalls: number };
    };
  const [first, second] = await Promise.all([send(), send()]);
  console.log(first.result.answer);
  assert.equal(first.result.outcome, 'answered');
  assert.deepEqual(first, second);
  const progress = await runHandle(ostinato, order.number).progress();
  assert.equal(progress.phase, 'ended');
  assert.equal(progress.steps.length, first.result.toolCalls);
  console.log('As expected: the order was sent twice and ran once.');
} finally {
  service.close();
  await ostinato.close();
}
