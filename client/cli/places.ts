import type { OstinatoConnection } from '../index.ts';
import type { Services } from './services.ts';
import type { RunPlaces } from './view/run-ending.ts';

/** Where a run can be looked at in a browser. */
export function placesOf(
  services: Services,
  connection: Pick<OstinatoConnection, 'namespace'>,
  run: { readonly runId: string; readonly workflowId: string },
): RunPlaces {
  const { uiUrl, apiUrl } = services;
  const workflow = `namespaces/${connection.namespace}/workflows/${encodeURIComponent(run.workflowId)}`;
  return {
    temporalUi: uiUrl === null ? null : `${uiUrl.replace(/\/+$/, '')}/${workflow}`,
    api: `${apiUrl}/v1/runs/${run.runId}`,
  };
}
