import type { GroupTotals } from '../../../machines/fleet/fleetStatus.ts';
import type { Colour, Line, Span } from '../../shared/terminal/styledText.ts';
import { wrapLine } from '../../shared/terminal/styledText.ts';
import { visible } from '../../telemetry/sentence.ts';
import type { EndedSummary, Status } from '../api.ts';
import { diagnose } from '../diagnosis.ts';
import { causeText, clockTime, counted, dollars, duration, shortTask } from './words.ts';

export interface StatusSize {
  columns: number;
  unicode: boolean;
  /** How many deaths, blockers and degraded groups are told one by one. */
  detail: number;
}

const labelWidth = 11;
const label = (text: string): Span => [text.padEnd(labelWidth), 'bold'];
const indent: Span = [' '.repeat(labelWidth)];

/** The state of a daemon at one moment, in lines of at most `columns`. */
export function drawStatus(status: Status, size: StatusSize): Line[] {
  const lines = [
    headLine(status),
    schedulerLine(status),
    ...awsLines(status),
    ...fleetLines(status, size),
    ...launchLines(status, size),
    ...limitLines(status, size),
    ...moneyLines(status),
    ...degradedLines(status, size),
    ...deathLines(status, size),
  ];
  return lines.flatMap((line) => wrapLine(line, size.columns, labelWidth));
}

/** A labelled text of AWS, of ours, or of an operator. */
function labelled(name: string, text: string, colour?: Colour): Line {
  return [label(name), colour ? [visible(text), colour] : [visible(text)]];
}

function headLine({ manager, release, pid, at, startedAt, aws }: Status): Line {
  const isServing = aws.state === 'serving';
  return [
    [visible(manager), 'bold'],
    [`  ${aws.state}`, isServing ? 'green' : 'yellow'],
    [`  scaler-ecs ${release}, pid ${pid}, up ${duration(at - startedAt)}`, 'dim'],
    [`  ${clockTime(at, at)}`, 'dim'],
  ];
}

const modeWords: Record<Status['fleet']['modes']['scheduler'], [string, Colour]> = {
  absent: ['does not answer', 'red'],
  present: ['answers', 'green'],
  returning: ['has just come back', 'yellow'],
  gone: ['gone: everything is drained', 'red'],
};

function schedulerLine({ scheduler, fleet, at }: Status): Line {
  const { address, releases, transport, workerRelease } = scheduler;
  const [words, colour] = modeWords[fleet.modes.scheduler];
  const { lastEchoAt } = fleet.scheduler;
  const since =
    lastEchoAt === null ? 'never answered' : `last answer ${duration(at - lastEchoAt)} ago`;
  const speaks =
    releases === null
      ? ''
      : `, ${releases} over ${transport === 'ymq' ? 'YMQ' : 'ZeroMQ'}${workerRelease === null ? '' : `, workers ${workerRelease}`}`;
  return [
    label('Scheduler'),
    [`${visible(address)} `],
    [words, colour],
    [` (${since})${speaks}`, 'dim'],
  ];
}

function awsLines({ aws, fleet, at }: Status): Line[] {
  const { inventory, modes } = fleet;
  const listed =
    inventory.at === null ? 'not listed yet' : `listed ${duration(at - inventory.at)} ago`;
  const monitor = modes.monitor === 'connected' ? 'monitor connected' : `monitor ${modes.monitor}`;
  const line: Line = [
    label('AWS'),
    [`${visible(aws.cluster)} in ${visible(aws.region)}`],
    [`, ${inventory.denied ? 'listing denied' : listed}, ${monitor}`, 'dim'],
  ];
  const trouble = aws.trouble === null ? [] : [labelled('', `not prepared: ${aws.trouble}`, 'red')];
  return [line, ...trouble];
}

/** What the bar of the fleet is made of, from left to right. */
const barParts: readonly [keyof GroupTotals, Colour, unicode: string, ascii: string][] = [
  ['busy', 'green', '█', '#'],
  ['idle', 'blue', '▓', 'o'],
  ['booting', 'yellow', '▒', '+'],
  ['draining', 'cyan', '░', '-'],
  ['stopping', 'magenta', '×', 'x'],
];

/** Columns for a share of the bar: something that is there is seen. */
function cellsOf(count: number, whole: number, width: number): number {
  return count === 0 ? 0 : Math.max(1, Math.round((count / whole) * width));
}

function fleetLines({ fleet }: Status, { columns, unicode }: StatusSize): Line[] {
  const { groups, desired, desiredWorkers, desiredWhy, limits } = fleet;
  // A daemon of an earlier release does not say what the work needs.
  const why = fleet.workersAhead ? visible(desiredWhy) : null;
  const workers = desiredWorkers === null ? '' : ` (${why ?? counted(desiredWorkers, 'worker')})`;
  const wanted = desired === null ? 'not said yet' : `${desired}${workers}`;
  const counts: [string, number, Colour][] = [
    ['running', groups.running, 'green'],
    ['booting', groups.booting, 'yellow'],
    ['draining', groups.draining, 'cyan'],
    ['stopping', groups.stopping, 'magenta'],
  ];
  const numbers = counts.flatMap(([name, count, colour]): Span[] => [
    [`  ${name} `, 'dim'],
    [String(count), ...(count > 0 ? [colour] : [])] as unknown as Span,
  ]);
  const line: Line = [label('Fleet'), ['desired ', 'dim'], [wanted, 'bold'], ...numbers];
  const most = limits.maxTasks ?? Math.max(desired ?? 0, groups.total);
  const whole = Math.max(most, groups.total, 1);
  const at = limits.maxTasks === null ? '' : ` of at most ${limits.maxTasks}`;
  const total = ` ${groups.total}${at}: ${groups.busy} busy, ${groups.idle} idle`;
  const width = Math.max(10, Math.min(60, columns - labelWidth - total.length));
  let left = width;
  const cells = barParts.map(([name, colour, block, letter]): Span => {
    const count = Math.min(left, cellsOf(groups[name], whole, width));
    left -= count;
    return [(unicode ? block : letter).repeat(count), colour];
  });
  const rest: Span = [(unicode ? '·' : '.').repeat(left), 'dim'];
  return [line, [label(''), ...cells, rest, [total, 'dim']]];
}

function launchLines({ fleet, at }: Status, size: StatusSize): Line[] {
  const { missing, blockers } = fleet.launching;
  const standing = blockers.filter(({ transient }) => !transient);
  if (standing.length === 0) {
    const words = missing > 0 ? `${counted(missing, 'task')} to be launched` : 'nothing holds it';
    return [[label('Launching'), [words, 'green']]];
  }
  const held = missing > 0 ? `held, ${counted(missing, 'task')} missing` : 'held';
  const reasons = standing.slice(0, size.detail).map(({ sentence, since, clears }) => {
    const long = since === null ? '' : ` (since ${duration(at - since)})`;
    return labelled('', `${sentence}${long}; cleared by ${clears}`);
  });
  const more = standing.length - size.detail;
  return [
    [label('Launching'), [held, missing > 0 ? 'red' : 'yellow']],
    ...reasons,
    ...(more > 0 ? [[indent, [`and ${counted(more, 'other reason')}`, 'dim']] as Line] : []),
  ];
}

function limitLines({ fleet, at }: Status, size: StatusSize): Line[] {
  const { limits } = fleet;
  // Those that hold launches are told with them.
  const holding = new Set(fleet.launching.blockers.map(({ identity }) => identity));
  const breakers = fleet.breakers.filter(({ cause, market, subnet }) => {
    const name = [cause, market, subnet].filter((part) => part !== null).join(' ');
    return !holding.has(`breaker ${name}`);
  });
  const line: Line = [
    label('Limits'),
    [
      `${limits.maxTasks === null ? 'no limit on tasks' : `at most ${counted(limits.maxTasks, 'task')}`} of ${counted(limits.workersPerTask, 'worker')}; ${limits.allowance} of ${limits.launchBurst} launches now, ${limits.launchesPerSecond}/s`,
    ],
  ];
  const open = breakers.slice(0, size.detail).map((breaker) => {
    const where = [breaker.market, breaker.subnet].filter((part) => part !== null).join(', ');
    const next =
      breaker.probe === null
        ? breaker.until > at
          ? `one task is tried in ${duration(breaker.until - at)}`
          : 'one task is tried as soon as one is missing'
        : `group ${breaker.probe} tries`;
    return labelled(
      '',
      `breaker ${breaker.cause}${where === '' ? '' : ` (${where})`} for ${duration(at - breaker.since)}: ${breaker.failures} in a row; ${next}`,
      'yellow',
    );
  });
  return [line, ...open];
}

const limitNames = { perHour: 'an hour', perDay: 'today', total: 'in all' } as const;

function moneyLines({ fleet }: Status): Line[] {
  const { money } = fleet;
  if (money === null) return [];
  const { usdPerHour, usdToday, usdTotal, isLowerBound, limits } = money;
  const least = isLowerBound ? 'at least ' : '';
  const caps = limits.map(
    ({ limit, allowed, room }): Span => [
      `; at most ${dollars(allowed)} ${limitNames[limit]}`,
      room === 0 ? 'red' : 'dim',
    ],
  );
  return [
    [
      label('Cost'),
      [`${dollars(usdPerHour)} an hour`],
      [`, ${dollars(usdToday)} today, ${least}${dollars(usdTotal)} in all`, 'dim'],
      ...caps,
    ],
  ];
}

function degradedLines({ degraded }: Status, size: StatusSize): Line[] {
  if (degraded.count === 0) return [];
  const first = degraded.groups
    .slice(0, size.detail)
    .map(({ groupId, trouble }) => labelled('', `${groupId}: ${trouble}`));
  return [[label('Degraded'), [counted(degraded.count, 'group'), 'yellow']], ...first];
}

function deathLines({ deaths, at }: Status, size: StatusSize): Line[] {
  if (deaths.length === 0) return [];
  return deaths
    .slice(0, size.detail)
    .map((death, index) => labelled(index === 0 ? 'Deaths' : '', deathText(death, at)));
}

export function deathText(death: EndedSummary, now: number): string {
  const { taskArn, cause, detail, endedAt, registeredAt, groupId } = death;
  const { diagnosis } = diagnose({
    ...{ taskArn, cause, words: detail, hasServed: registeredAt !== null, wasEvicted: false },
  });
  const task = taskArn === null ? groupId : shortTask(taskArn);
  return `${clockTime(endedAt, now)} ${task} ${causeText(cause)}: ${diagnosis}`;
}
