import type { OstinatoConnection } from '../../client/index.ts';
import type { ResolvedApiDeps } from '../api-deps.ts';
import type { RunLinks } from '../schemas/run-schema.ts';

/** Where a run can be looked at. Paths of this API are relative to its address. */
export function runLinks(
  deps: Pick<ResolvedApiDeps, 'links'>,
  connection: OstinatoConnection,
  run: { readonly runId: string; readonly workflowId: string },
): RunLinks {
  const self = `/v1/runs/${run.runId}`;
  const ui = deps.links.temporalUi?.replace(/\/$/, '') ?? null;
  const place = `namespaces/${connection.namespace}/workflows/${encodeURIComponent(run.workflowId)}`;
  return {
    self,
    events: `${self}/events`,
    temporalUi: ui === null ? null : `${ui}/${place}`,
  };
}
