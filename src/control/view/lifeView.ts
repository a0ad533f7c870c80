import { type Colour, type Line, type Span, wrapLine } from '../../shared/terminal/styledText.ts';
import { visible } from '../../telemetry/sentence.ts';
import type { Life } from '../api.ts';
import { stateText } from './groupsView.ts';
import { causeText, clockTime, dollars, duration } from './words.ts';

const width = 11;

function paragraph(name: string, text: string, columns: number, style?: Colour): Line[] {
  const words: Span = style === undefined ? [visible(text)] : [visible(text), style];
  return wrapLine([[name.padEnd(width), 'bold'], words], columns, width);
}

/** How long the group had been there at this step. */
function after(at: number | null, first: number | null): string {
  return at === null || first === null || at - first < 1000 ? '' : `+${duration(at - first)}`;
}

/** What happened to a group, for people. */
export function drawLife(life: Life, columns: number, now: number): Line[] {
  const { groupId, taskArn, isAlive, category, cause, words, diagnosis, remedy, usd } = life;
  const state = category === null ? causeText(cause ?? '') : stateText({ category });
  const first = life.steps.find(({ at }) => at !== null)?.at ?? null;
  const times = life.steps.map(({ at }) => (at === null ? '' : clockTime(at, now)));
  const delays = life.steps.map(({ at }) => after(at, first));
  const timeWidth = Math.max(width, ...times.map((text) => text.length + 2));
  const delayWidth = Math.max(0, ...delays.map((text) => text.length + 2));
  const steps = life.steps.flatMap(({ what }, index) =>
    wrapLine(
      [
        [(times[index] ?? '').padEnd(timeWidth), 'dim'],
        [(delays[index] ?? '').padEnd(delayWidth), 'dim'],
        [visible(what)],
      ],
      columns,
      timeWidth + delayWidth,
    ),
  );
  return [
    [
      [`Group ${groupId}`, 'bold'],
      [isAlive ? `  lives: ${state}` : `  ended: ${state}`, isAlive ? 'green' : 'yellow'],
    ],
    ...(taskArn === null ? [] : wrapLine([[visible(taskArn), 'dim']], columns)),
    [],
    ...steps,
    ...(isAlive || steps.length > 1 ? [] : [[['Nothing more is known of it.', 'dim']] as Line]),
    [],
    ...(words === null
      ? []
      : paragraph(life.wordsAreOurs ? 'We saw' : 'AWS said', words, columns, 'dim')),
    ...(diagnosis === null
      ? paragraph('Diagnosis', 'nothing is wrong with it', columns, 'green')
      : paragraph('Diagnosis', diagnosis, columns, 'yellow')),
    ...(remedy === null ? [] : paragraph('Remedy', remedy, columns)),
    ...(usd === null || usd === 0 ? [] : paragraph('Cost', dollars(usd), columns)),
  ];
}
