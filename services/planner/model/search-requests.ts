import { z } from 'zod';
import type { JsonObject } from '../../../common/json.ts';
import type { ActiveRequest } from '../../registry/search/active-request.ts';
import { FIND_TOOLS, MAX_REQUESTS } from './planner-tools.ts';

const MAX_CHARS = 2_000;

const requestSchema = z.strictObject({
  server: z.string().trim().max(MAX_CHARS).nullish(),
  tool: z.string().trim().min(1).max(MAX_CHARS),
});

const argsSchema = z.union([
  z.strictObject({ requests: z.array(requestSchema).min(1).max(MAX_REQUESTS) }),
  // As conversations have it that began before several could be asked for, so that models write it on.
  z.strictObject({ query: requestSchema.shape.tool }),
]);

/** What a model asks find_tools for; a text: what is wrong with it, for the model. */
export function searchRequests(args: JsonObject): readonly ActiveRequest[] | string {
  const parsed = argsSchema.safeParse(args);
  if (!parsed.success) {
    return `${FIND_TOOLS} needs "requests", a list of 1 to ${MAX_REQUESTS} like {"server": "a code host", "tool": "open an issue"}, where "tool" says what the tool must do and "server" may be left out.`;
  }
  const { data } = parsed;
  if ('query' in data) return [{ server: '', tool: data.query }];
  return data.requests.map(({ server, tool }) => ({ server: server ?? '', tool }));
}
