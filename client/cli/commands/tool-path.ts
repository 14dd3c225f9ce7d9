import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-code.ts';

/** Where the API has a tool. Its own name may hold slashes; the server's cannot. */
export function toolPath(tool: string | undefined): string {
  const [server = '', ...name] = (tool ?? '').split('/');
  if (server === '' || name.join('/') === '') {
    throw new CliError(
      EXIT.usage,
      `"${tool ?? ''}" is no tool: write SERVER/TOOL, as "ostinato tools list" names it.`,
    );
  }
  return `/v1/tools/${encodeURIComponent(server)}/${encodeURIComponent(name.join('/'))}`;
}
