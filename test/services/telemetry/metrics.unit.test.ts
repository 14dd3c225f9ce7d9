// Proves that what is counted comes out in Prometheus' text format under stable names, and that two
// sets of metrics in one process do not meet.
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../../services/telemetry/metrics.ts';

describe('createMetrics', () => {
  it('events of each kind → series with their labels', async () => {
    const metrics = createMetrics();
    metrics.cacheHit('search');
    metrics.cacheHit('search');
    metrics.cacheMiss('search');
    metrics.cacheEvent('search', 'wait');
    metrics.cacheSize('search', { entries: 3, bytes: 400 });
    metrics.toolCall({ server: 'files', outcome: 'ok', durationMs: 20 });
    metrics.llmCall({
      provider: 'openai',
      model: 'm',
      outcome: 'ok',
      durationMs: 900,
      usage: {
        inputTokens: 10,
        cacheReadTokens: 4,
        cacheWriteTokens: null,
        outputTokens: 5,
        reasoningTokens: 0,
        costUsd: 0.25,
      },
    });
    metrics.breakerDecision('mcp', 'diverted');
    metrics.breakerTransition('mcp', 'open');
    metrics.breakerPhases(() => [{ kind: 'mcp', phase: 'open', breakers: 2 }]);
    metrics.search({ durationMs: 2 });
    metrics.indexSize('faiss', 36);
    metrics.activity({ type: 'callTool', outcome: 'ok', durationMs: 30 });
    metrics.runStarted('runAgent');
    metrics.runEnded('runAgent', 'answered');
    const text = await metrics.text();
    for (const line of [
      'ostinato_breaker_decisions_total{kind="mcp",decision="diverted"} 1',
      'ostinato_breaker_transitions_total{kind="mcp",to="open"} 1',
      'ostinato_breakers{kind="mcp",phase="open"} 2',
      'ostinato_cache_requests_total{cache="search",result="hit"} 2',
      'ostinato_cache_requests_total{cache="search",result="miss"} 1',
      'ostinato_cache_events_total{cache="search",event="wait"} 1',
      'ostinato_cache_entries{cache="search"} 3',
      'ostinato_cache_bytes{cache="search"} 400',
      'ostinato_tool_call_duration_seconds_bucket{le="0.025",server="files",outcome="ok"} 1',
      'ostinato_tool_call_duration_seconds_bucket{le="0.01",server="files",outcome="ok"} 0',
      'ostinato_llm_tokens_total{provider="openai",model="m",kind="cache-read"} 4',
      'ostinato_llm_cost_usd_total{provider="openai",model="m"} 0.25',
      'ostinato_llm_call_duration_seconds_sum{provider="openai",model="m",outcome="ok"} 0.9',
      'ostinato_search_duration_seconds_count 1',
      'ostinato_index_entries{index="faiss"} 36',
      'ostinato_activity_duration_seconds_count{type="callTool",outcome="ok"} 1',
      'ostinato_runs_started_total{workflow="runAgent"} 1',
      'ostinato_runs_ended_total{workflow="runAgent",outcome="answered"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).not.toContain('kind="cache-write"');
    expect(metrics.contentType).toContain('text/plain');
  });

  it('two sets → each counts its own', async () => {
    const one = createMetrics();
    const other = createMetrics();
    one.cacheHit('a');
    expect(await other.text()).not.toContain('cache="a"');
  });
});
