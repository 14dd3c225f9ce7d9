import { z } from 'zod';
import { effectSchema, serverName } from './server-schema.ts';

export const tag = z.string().min(1).max(64);

/** What a search for tools is limited to, in a body. */
export const searchFilter = z.strictObject({
  servers: z.array(serverName).min(1).max(100).exactOptional(),
  effects: z.array(effectSchema).min(1).max(4).exactOptional(),
  tags: z.array(tag).min(1).max(50).exactOptional(),
  reachable: z.boolean().exactOptional().meta({
    description: 'true: not the tools of servers that could not be reached when last tried.',
  }),
});
