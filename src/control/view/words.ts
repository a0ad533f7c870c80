import { taskIdOf } from '../../../machines/shared/ids.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** The two largest units: `5 s`, `3 min`, `2 h 5 min`, `4 d 3 h`. */
export function duration(ms: number): string {
  const whole = Math.max(0, ms);
  const two = (big: number, bigName: string, small: number, smallName: string) => {
    const rest = Math.floor((whole % big) / small);
    return `${Math.floor(whole / big)} ${bigName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`;
  };
  if (whole >= day) return two(day, 'd', hour, 'h');
  if (whole >= hour) return two(hour, 'h', minute, 'min');
  if (whole >= minute) return two(minute, 'min', second, 's');
  return `${Math.floor(whole / second)} s`;
}

/** One unit, for a column of a table: `5s`, `3m`, `2h`, `4d`. */
export function shortDuration(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole >= day) return `${Math.floor(whole / day)}d`;
  if (whole >= hour) return `${Math.floor(whole / hour)}h`;
  if (whole >= minute) return `${Math.floor(whole / minute)}m`;
  return `${Math.floor(whole / second)}s`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** The beginning of a task's id; `-`: it has none yet. */
export function shortTask(taskArn: string | null): string {
  return taskArn === null ? '-' : taskIdOf(taskArn).slice(0, 8);
}

/** A time of this day as `19:45:06`, any other with its date; local time. */
export function clockTime(at: number, now: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = new Date(at);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

/** US dollars, with as many digits as tell something. */
export function dollars(usd: number): string {
  return `$${usd.toFixed(usd >= 100 ? 0 : usd >= 1 || usd === 0 ? 2 : 4)}`;
}

const causeWords: Record<string, string> = {
  drained: 'drained',
  launchFailed: 'not launched',
  startFailed: 'did not start',
  exited: 'workers exited',
  interrupted: 'taken by AWS',
  lost: 'lost',
  stoppedOutside: 'stopped by others',
};

export function causeText(cause: string): string {
  return causeWords[cause] ?? cause;
}
