import type { TransitionAnswer } from '../api-types.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';

/** How breakers changed, a line each. */
export function transitionLines(
  transitions: readonly TransitionAnswer[],
  view: { readonly style: Style; readonly width: number },
  { withTarget }: { readonly withTarget: boolean },
): readonly string[] {
  const target = {
    title: 'TARGET',
    text: ({ kind, name }: TransitionAnswer) => `${kind}/${name}`,
  };
  return tableLines(
    transitions,
    [
      { title: 'AT', text: ({ atMs }) => new Date(atMs).toISOString().slice(0, 19) },
      ...(withTarget ? [target] : []),
      { title: 'FROM', text: ({ from }) => from },
      {
        title: 'TO',
        text: ({ to }) => to,
        paint: (text, { to }) => (to === 'closed' ? view.style.good(text) : view.style.warn(text)),
      },
      { title: 'BY', text: ({ by }) => by ?? 'the law' },
      { title: 'WHY', text: whyText, isFlexible: true },
    ],
    view,
  );
}

function whyText({ reason, isDryRun, process }: TransitionAnswer): string {
  const notes = [
    ...(isDryRun ? ['dry run'] : []),
    ...(process === null ? [] : [`${process} alone`]),
  ];
  return notes.length === 0 ? reason : `${reason} (${notes.join(', ')})`;
}
