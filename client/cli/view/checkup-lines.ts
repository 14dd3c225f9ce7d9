import type { Checkup } from '../commands/doctor.ts';
import { cleanText } from './clean-text.ts';
import type { Style } from './style.ts';

/** The doctor's findings: a line each, what to do below it, and a verdict. */
export function checkupLines(checkups: readonly Checkup[], style: Style): readonly string[] {
  const width = Math.max(...checkups.map(({ name }) => name.length));
  const lines = checkups.flatMap((checkup) => {
    const { name, detail, problem, remedy, state } = checkup;
    const said = [detail, problem].filter((text) => text !== null).map(cleanText);
    const line = `${markOf(state, style)} ${name.padEnd(width)}  ${said.join('; ')}`.trimEnd();
    const indent = ' '.repeat(width + 4);
    return remedy === null ? [line] : [line, `${indent}${style.dim('→')} ${cleanText(remedy)}`];
  });
  return [...lines, '', verdict(checkups, style)];
}

function markOf(state: Checkup['state'], style: Style): string {
  switch (state) {
    case 'ok':
      return style.good('✔');
    case 'off':
      return style.dim('–');
    case 'degraded':
      return style.warn('!');
    case 'down':
      return style.bad('✖');
  }
}

function verdict(checkups: readonly Checkup[], style: Style): string {
  const broken = checkups.filter(({ needed, state }) => needed && state === 'down');
  const unwell = checkups.filter(
    ({ needed, state }) => state === 'degraded' || (state === 'down' && !needed),
  );
  const namesOf = (some: readonly Checkup[]): string => some.map(({ name }) => name).join(', ');
  if (broken.length > 0) return style.bad(`Runs cannot work: mend ${namesOf(broken)}.`);
  if (unwell.length > 0) return style.warn(`Runs work. To look at: ${namesOf(unwell)}.`);
  return style.good('All is well.');
}
