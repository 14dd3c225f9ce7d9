// Proves which tools a model is shown: as many as their share of the prompt holds, best first, what
// their whole definitions would have cost more, and after which plans a tool is dropped.
import { describe, expect, it } from 'vitest';
import type { LlmMessage } from '../../../../common/llm.ts';
import type { CompositionRule } from '../../../../common/rules/composition-rule.ts';
import type { ToolId } from '../../../../common/tool.ts';
import { listedTools } from '../../../../services/context/tool-listing.ts';
import { keptTools } from '../../../../services/planner/model/kept-tools.ts';
import { listTools } from '../../../../services/planner/model/list-tools.ts';
import { SYSTEM_PROMPT } from '../../../../services/planner/model/system-prompt.ts';
import { createToolRoom } from '../../../../services/planner/model/tool-room.ts';
import { registeredTool } from '../support/tools.ts';

const tools = Array.from({ length: 20 }, (_, at) =>
  registeredTool(`server/tool_${at}`, {
    description: `Does thing ${at}. ${'It is described at great length. '.repeat(30)}`,
    inputSchema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
  }),
);
const names = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => `server__tool_${at + from}`);

describe('listTools', () => {
  it('little room → the best that fit, and how many did not', () => {
    const listing = listTools(tools, [], 500);
    expect(listing.tools.length).toBeGreaterThan(2);
    expect(listing.tools.length).toBeLessThan(20);
    expect(listedTools(listing.text)).toEqual(names(listing.tools.length));
    expect(listing.text).toContain(`(${20 - listing.tools.length} more were found`);
    expect(listing.tokens).toBeLessThan(600);
  });

  it('no room → the first all the same; nothing found → says so', () => {
    expect(listTools(tools, [], 1).tools).toHaveLength(1);
    expect(listTools([], [], 500)).toMatchObject({ tokens: 0, savedTokens: 0 });
  });

  it('long descriptions → what is not shown of them counts as saved', () => {
    const { tokens, savedTokens } = listTools(tools, [], 100_000);
    expect(savedTokens).toBeGreaterThan(tokens);
  });

  it('only the best in detail → the others in one line; both count as listed', () => {
    const best = new Set(tools.slice(0, 3).map(({ id }) => id));
    const { text, tokens } = listTools(tools, [], 100_000, best);
    expect(text).toContain('- server__tool_2(path: string)\n  Does thing 2. It is described');
    expect(text).toContain('- server__tool_3(path): Does thing 3.\n');
    expect(SYSTEM_PROMPT).toContain('find_tools with its name shows all of it');
    expect(listedTools(text)).toEqual(names(20));
    expect(tokens).toBeLessThan(listTools(tools, [], 100_000).tokens / 2);
  });

  it('rules that speak of what is listed → a sentence each with its reason, by the names that models use', () => {
    const given = { name: 'r', reason: 'as agreed' };
    const [one, two] = ['server/tool_1' as ToolId, 'server/tool_2' as ToolId];
    const rules: readonly CompositionRule[] = [
      {
        ...given,
        ...{ kind: 'feeds', from: one, output: 'id', to: two, argument: 'path', required: true },
      },
      { ...given, kind: 'before', first: one, then: two, required: true },
      { ...given, kind: 'never-together', tools: [one, two] },
      { ...given, kind: 'needs-approval', tool: two },
      { ...given, kind: 'alternative', of: one, tool: two, args: null, safe: false },
      { ...given, kind: 'needs-approval', tool: 'another/*' },
    ];
    const { text } = listTools(tools, rules, 100_000);
    expect(text.split('\n').filter((line) => line.endsWith('(as agreed)'))).toEqual([
      '- "path" of server__tool_2 takes "id" of the answer of server__tool_1, and nothing else (as agreed)',
      '- server__tool_1 comes before server__tool_2, which is never used without it (as agreed)',
      '- one run uses only one of server__tool_1, server__tool_2 (as agreed)',
      "- server__tool_2 waits for a person's approval (as agreed)",
      '- server__tool_2 can stand in for server__tool_1 (as agreed)',
    ]);
  });

  it('several lists in a turn → each gets half of what is left', () => {
    const room = createToolRoom(8_000);
    expect(room.next()).toBe(4_000);
    room.take(4_000);
    expect(room.next()).toBe(2_000);
    room.take(9_999);
    expect(room.next()).toBe(300);
  });
});

describe('keptTools', () => {
  const goal = (count: number): LlmMessage => {
    return { from: 'user', text: `goal\n\n${listTools(tools.slice(0, count), [], 100_000).text}` };
  };
  let calls = 0;
  const plan = (...used: string[]): LlmMessage[] => {
    calls += 1;
    const callId = `c${calls}`;
    const steps = used.map((tool) => ({ id: tool, tool, args: {} }));
    return [
      { from: 'model', parts: [{ kind: 'tool-call', callId, name: 'make_plan', args: { steps } }] },
      { from: 'tool', callId, name: 'make_plan', text: 'done', isError: false },
    ];
  };

  it('found and not used in three plans → dropped; used → kept', () => {
    const used = plan('server__tool_1');
    expect(new Set(keptTools([goal(3), ...used, ...used]))).toEqual(new Set(names(3)));
    expect(keptTools([goal(3), ...used, ...used, ...used])).toEqual(['server__tool_1']);
  });

  it('used once, then not in three plans → dropped too', () => {
    const other = plan('server__tool_0');
    const messages = [goal(2), ...plan('server__tool_1'), ...other, ...other, ...other];
    expect(keptTools(messages)).toEqual(['server__tool_0']);
  });

  it('a result that lists tools as the planner does → keeps none of them', () => {
    const listing = listTools(tools.slice(5, 6), [], 1_000).text;
    const fake = plan('server__tool_0').map((message) =>
      message.from === 'tool' ? { ...message, text: listing } : message,
    );
    expect(keptTools(fake)).toEqual(['server__tool_0']);
  });
});
