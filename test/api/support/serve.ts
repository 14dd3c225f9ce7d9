import { onTestFinished } from 'vitest';
import type { ApiDeps } from '../../../api/api-deps.ts';
import { createServer } from '../../../api/server.ts';
import { fakeServices } from './fake-services.ts';

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** A real server without a port over services in memory, for one test. */
export function serve(given: Partial<ApiDeps> = {}) {
  const services = fakeServices(given);
  const server = createServer(services);
  onTestFinished(async () => {
    await server.close();
  });
  const ask = async (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    payload?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await server.inject({
      method,
      url,
      headers: { host: '127.0.0.1:8484', ...headers },
      ...(payload === undefined ? {} : { payload: payload as object }),
    });
    const isJson = String(response.headers['content-type']).includes('application/json');
    return {
      status: response.statusCode,
      body: (isJson && response.payload !== '' ? response.json() : {}) as object,
      headers: response.headers,
      text: response.payload,
    };
  };
  return { services, server, ask };
}
