import { spawn } from 'node:child_process';

/**
 * Shows a page in the person's browser. The address is passed as it is, never through a shell.
 *
 * @returns whether there is a browser to show it in.
 */
export function openBrowser(
  url: string,
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): boolean {
  const { protocol } = new URL(url);
  const command = commandFor(platform, env);
  if (command === null || (protocol !== 'https:' && protocol !== 'http:')) return false;
  const [program, ...args] = command;
  const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true });
  // The address was printed: whoever has no such program copies it.
  child.on('error', () => {});
  child.unref();
  return true;
}

function commandFor(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): readonly [string, ...string[]] | null {
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  const hasDisplay = (env['DISPLAY'] ?? '') !== '' || (env['WAYLAND_DISPLAY'] ?? '') !== '';
  return hasDisplay ? ['xdg-open'] : null;
}
