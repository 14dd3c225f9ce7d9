import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BundleOptions } from '@temporalio/worker';

type Options = Required<
  Pick<BundleOptions, 'workflowsPath' | 'preloadModules' | 'webpackConfigHook'>
>;
type Hook = Options['webpackConfigHook'];
type WebpackOptions = Parameters<Hook>[0];
type Rules = NonNullable<NonNullable<WebpackOptions['module']>['rules']>;

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * How workflows are bundled to run fast: all modules as one, in the language of the Node that runs
 * them, evaluated once for all runs, and without stack traces of their promises.
 *
 * @param workflowsPath of modules that keep nothing for themselves: what a run knows is in its functions
 * @param stacks keeps stack traces, which cost half of a workflow's time.
 */
export function bundleOptions(workflowsPath: string, stacks: boolean): Options {
  const withoutStacks = join(ROOT, 'workflows', `without-stacks${extension()}`);
  return {
    workflowsPath,
    preloadModules: [...(stacks ? [] : [withoutStacks]), workflowsPath],
    webpackConfigHook: asOneModule,
  };
}

/** Sources are TypeScript in a checkout and JavaScript in a built package. */
export function extension(): '.ts' | '.js' {
  return import.meta.filename.endsWith('.ts') ? '.ts' : '.js';
}

const asOneModule: Hook = (config) => ({
  ...config,
  module: { ...config.module, rules: withTarget(config.module?.rules ?? []) },
  optimization: {
    ...config.optimization,
    ...{ concatenateModules: true, providedExports: true, usedExports: true },
  },
});

/** Temporal's own is ES2017, which has no spread of objects: each then is a loop. */
function withTarget(rules: Rules): Rules {
  return rules.map((rule) => {
    if (typeof rule !== 'object' || rule === null) return rule;
    const { use } = rule;
    if (typeof use !== 'object' || use === null || Array.isArray(use)) return rule;
    const options = typeof use.options === 'object' ? use.options : {};
    if (!('jsc' in options)) return rule;
    const jsc = { ...(options['jsc'] as object), target: 'es2022' };
    return { ...rule, use: { ...use, options: { ...options, jsc } } };
  });
}
