import pino from 'pino';
import { afterEach, it } from 'vitest';
import type { LlmRequest, LlmResponse, LlmUsage } from '../../../common/llm.ts';
import type { ServiceError } from '../../../services/errors.ts';
import { isServiceError } from '../../../services/errors.ts';
import { createLlmGateway } from '../../../services/llm/gateway.ts';
import type { LlmProviderConfig } from '../../../services/llm/llm-provider-config.ts';
import { routeOfConfig } from '../../../services/llm/router/route-of-config.ts';
import type { Scripted } from '../../support/fake-llm/fake-llm-server.ts';
import type { DialectUnderTest } from './dialect-under-test.ts';
import { REQUEST } from './request.ts';

interface Outcome {
  readonly outcome: string;
  readonly usage: LlmUsage | null;
}

/** What every case starts with. */
export type DialectSetup = ReturnType<typeof setUpDialect>;

/** What a case opens is closed after its test. */
export function setUpDialect(under: DialectUnderTest) {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  async function start(...script: readonly Scripted[]) {
    const server = await under.startServer();
    closers.push(() => server.close());
    server.script(...script);
    return { server, ...gatewayAt(under.config(server.url)) };
  }

  function gatewayAt(config: LlmProviderConfig, apiKeys?: readonly string[]) {
    const outcomes: Outcome[] = [];
    const route = routeOfConfig(config);
    const gateway = createLlmGateway({
      routes: [{ ...route, apiKeys: apiKeys ?? route.apiKeys }],
      rules: { preset: 'configured' },
      metrics: {
        llmCall: ({ outcome, usage }) => void outcomes.push({ outcome, usage }),
        llmSwitch: () => undefined,
      },
      log: pino({ level: 'silent' }),
    });
    const complete = (request: Partial<LlmRequest> = {}, signal = new AbortController().signal) =>
      gateway.complete({ ...REQUEST, ...request }, { signal });
    return { gateway, complete, outcomes };
  }

  async function failure(answer: Promise<LlmResponse>): Promise<ServiceError> {
    const error = await answer.then(
      () => null,
      (reason: unknown) => reason,
    );
    if (!isServiceError(error)) throw new Error('Expected a ServiceError.', { cause: error });
    return error;
  }

  const cases = new Set<string>();
  /** Whether the dialect is exempt from the case; asked of every case while they are registered. */
  function isExempt(name: string): boolean {
    cases.add(name);
    return under.exempt[name] !== undefined;
  }
  /** Registers the case unless the dialect is exempt from it. */
  function itUnless(name: string, title: string, run: () => Promise<void>): void {
    if (!isExempt(name)) it(title, run);
  }

  const { dialect } = under;
  return { under, dialect, cases, closers, start, gatewayAt, failure, isExempt, itUnless };
}
