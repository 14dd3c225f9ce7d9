import type { RefreshAnswer } from '../api-types.ts';
import { cleanText } from './clean-text.ts';
import type { Style } from './style.ts';

/** What a refresh of a server brought: `✔ github  3 tools added, 1 removed`. */
export function refreshLine(name: string, refresh: RefreshAnswer, style: Style): readonly string[] {
  const { ok, problem, added, changed, removed } = refresh;
  if (!ok) return [`${style.bad('✖')} ${name}  ${cleanText(problem ?? 'does not answer')}`];
  const counts = [
    added.length > 0 ? `${tools(added.length)} added` : '',
    changed.length > 0 ? `${tools(changed.length)} changed` : '',
    removed.length > 0 ? `${tools(removed.length)} removed` : '',
  ].filter((text) => text !== '');
  const line = `${style.good('✔')} ${name}  ${counts.join(', ') || 'nothing changed'}`;
  if (changed.length === 0) return [line];
  const ids = changed.map((id) => `    ostinato tools approve ${id}`);
  return [line, style.warn('  Changed tools must be approved before they are used:'), ...ids];
}

function tools(count: number): string {
  return `${count} ${count === 1 ? 'tool' : 'tools'}`;
}
