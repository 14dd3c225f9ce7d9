/** How one part of the installation stands. */
export interface HealthComponent {
  /** `temporal`, `workers`, `database`, `redis`, `search`, `model`, `mcp:NAME` … */
  readonly name: string;
  /** `off`: not configured, and nothing is missing for it. */
  readonly state: 'ok' | 'degraded' | 'down' | 'off';
  /** Whether runs cannot work while it is down. */
  readonly needed: boolean;
  /** What was found, also when all is well: a version, a count. */
  readonly detail: string | null;
  /** What is wrong; `null` when nothing is. */
  readonly problem: string | null;
  /** What to do about it; `null` when nothing needs doing. */
  readonly remedy: string | null;
}

export interface HealthChecks {
  /** All components, asked at once; each is bounded in time and never throws. */
  check(): Promise<readonly HealthComponent[]>;
}

export type HealthStatus = 'ok' | 'degraded' | 'down';

/** `down` when something needed is; `degraded` when anything else is not well. */
export function overallStatus(components: readonly HealthComponent[]): HealthStatus {
  if (components.some(({ needed, state }) => needed && state === 'down')) return 'down';
  const isWell = components.every(({ state }) => state === 'ok' || state === 'off');
  return isWell ? 'ok' : 'degraded';
}
