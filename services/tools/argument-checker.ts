import type { CheckArgumentsInput } from '../../common/tool.ts';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import type { SchemaValidator } from '../schema/schema-validator.ts';
import type { ToolRegistry } from './find-callable.ts';
import { findTool } from './find-callable.ts';
import { prepareArguments } from './prepare-arguments.ts';

/** Says whether a tool would take arguments, without calling it. */
export interface ArgumentChecker {
  /** @throws ServiceError (Tool.NotFound, Tool.BadArguments) that names what is wrong. */
  check(input: CheckArgumentsInput): Promise<void>;
}

export function createArgumentChecker(deps: {
  readonly registry: ToolRegistry;
  readonly artifacts: Pick<ArtifactStore, 'get'>;
  readonly validator: Pick<SchemaValidator, 'validate'>;
}): ArgumentChecker {
  return {
    async check({ tenant: { tenantId }, tool: id, args }) {
      const tool = await findTool(deps.registry, tenantId, id);
      await prepareArguments(deps, tenantId, tool, args);
    },
  };
}
