import { aptInstall } from '../apt.mjs';
import { onPath } from '../on-path.mjs';

/** @type {import('../steps.mjs').Step} */
export const chromium = {
  name: 'chromium',
  needs: [],
  essential: true,
  check: async ({ env }) =>
    ['chromium', 'chromium-browser', 'google-chrome']
      .map((name) => onPath(name, env.PATH))
      .find(Boolean),
  make: (context) => aptInstall(context, ['chromium']),
};
