/** What the shell gets. Scripts branch on these: never renumber. */
export const EXIT = { worked: 0, failed: 1, usage: 2, unreachable: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
