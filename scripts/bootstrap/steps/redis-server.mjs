import { aptInstall } from '../apt.mjs';
import { onPath } from '../on-path.mjs';

/** @type {import('../steps.mjs').Step} */
export const redisServer = {
  name: 'redis',
  needs: [],
  essential: true,
  check: async ({ env }) => onPath('redis-server', env.PATH),
  make: (context) => aptInstall(context, ['redis-server'], { service: 'redis-server' }),
};
