import type { HeldResult } from '../../common/artifact-values.ts';
import { artifactIdsIn, fillArtifacts } from '../../common/artifact-values.ts';
import { FAILURE } from '../../common/failures.ts';
import type { JsonObject } from '../../common/json.ts';
import { isJsonObject } from '../../common/json.ts';
import { UnresolvedReference } from '../../common/resolve-args.ts';
import type { TenantId } from '../../common/tenant.ts';
import type { ToolDescriptor } from '../../common/tool.ts';
import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import { ServiceError } from '../errors.ts';
import { describeProblems } from '../schema/schema-problem.ts';
import type { SchemaValidator } from '../schema/schema-validator.ts';

/**
 * The arguments as the server gets them: with the values that lie in artifacts, and valid by the
 * tool's schema.
 *
 * @throws ServiceError (Tool.BadArguments) naming path and value; (NotFound) for an artifact.
 */
export async function prepareArguments(
  deps: {
    readonly artifacts: Pick<ArtifactStore, 'get'>;
    readonly validator: Pick<SchemaValidator, 'validate'>;
  },
  tenantId: TenantId,
  tool: ToolDescriptor,
  args: JsonObject,
): Promise<JsonObject> {
  const filled = await fill(deps.artifacts, tenantId, tool, args);
  const problems = await deps.validator.validate(tool.inputSchema, filled);
  if (problems.length === 0) return filled;
  throw badArguments(tool, describeProblems(problems));
}

async function fill(
  artifacts: Pick<ArtifactStore, 'get'>,
  tenantId: TenantId,
  tool: ToolDescriptor,
  args: JsonObject,
): Promise<JsonObject> {
  const ids = artifactIdsIn(args);
  if (ids.length === 0) return args;
  const held = await Promise.all(
    ids.map(async (id) => [id, await loadResult(artifacts, tenantId, tool, id)] as const),
  );
  try {
    return fillArtifacts(args, new Map(held));
  } catch (error) {
    if (error instanceof UnresolvedReference) throw badArguments(tool, error.message);
    throw error;
  }
}

async function loadResult(
  artifacts: Pick<ArtifactStore, 'get'>,
  tenantId: TenantId,
  tool: ToolDescriptor,
  id: string,
): Promise<HeldResult> {
  const { ref, body } = await artifacts.get(tenantId, id);
  const result = parse(body);
  if (result !== null) return result;
  throw badArguments(
    tool,
    `Artifact "${id}" (${ref.mediaType}, ${ref.bytes} bytes) is no result that an argument can refer to.`,
  );
}

function parse(body: Uint8Array): HeldResult | null {
  try {
    const held: unknown = JSON.parse(new TextDecoder().decode(body));
    return isJsonObject(held) && Array.isArray(held['content'])
      ? (held as unknown as HeldResult)
      : null;
  } catch {
    return null;
  }
}

function badArguments(tool: ToolDescriptor, why: string): ServiceError {
  return new ServiceError(
    FAILURE.toolBadArguments,
    `Tool "${tool.id}" was not called, since its arguments are wrong. ${why}`,
  );
}
