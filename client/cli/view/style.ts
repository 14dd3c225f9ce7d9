import pc from 'picocolors';
import type { StepState } from '../../../common/plan.ts';

/** How output is dressed: colours where they are wanted, marks everywhere. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly link: (text: string) => string;
  /** The mark of a step's state, one column wide. */
  readonly mark: (state: StepState) => string;
}

const MARK: Readonly<Record<StepState, string>> = {
  waiting: '○',
  running: '●',
  done: '✔',
  failed: '✖',
  skipped: '⊘',
  cancelled: '⊘',
};

export function createStyle(hasColor: boolean): Style {
  const colors = pc.createColors(hasColor);
  const paint: Readonly<Record<StepState, (text: string) => string>> = {
    waiting: colors.dim,
    running: colors.cyan,
    done: colors.green,
    failed: colors.red,
    skipped: colors.yellow,
    cancelled: colors.yellow,
  };
  return {
    bold: colors.bold,
    dim: colors.dim,
    good: colors.green,
    bad: colors.red,
    warn: colors.yellow,
    link: colors.cyan,
    mark: (state) => paint[state](MARK[state]),
  };
}

/**
 * Whether to use colours. `NO_COLOR` and `--no-color` say no, `FORCE_COLOR` says yes; else a
 * terminal gets them.
 */
export function wantsColor(options: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTty: boolean;
  readonly flag: boolean;
}): boolean {
  const { env, isTty, flag } = options;
  if (!flag || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false;
  const forced = env['FORCE_COLOR'] ?? '';
  return isTty || (forced !== '' && forced !== '0');
}
