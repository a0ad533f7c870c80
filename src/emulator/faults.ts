import { AwsError } from './awsError.ts';
import type { Exchange, Refusal, Unit } from './faultRow.ts';
import { faultTable } from './faultTable.ts';
import { isMembers, type Members } from './members.ts';
import type { Account, Region, Task } from './model.ts';
import { tasksNamed } from './tasks.ts';

/** One API call as fault rules see it. */
export interface Call {
  account: Account;
  region: Region;
  operation: string;
  body: Members;
}

/** What a rule may ask of a call before it strikes. All must hold. */
interface When {
  /** Of the request, or of a task it names. */
  startedBy?: string;
  /** SCALER_ECS_LAUNCH in the request's override environment. */
  label?: string;
  /** A subnet of the request. */
  subnet?: string;
  /** Strikes from this matching call on; the first is 1. */
  nth?: number;
  /** For so many calls; without it once if `nth` is given, else for ever. */
  times?: number;
  /** Of the calls that are left, this share, drawn from a repeatable sequence. */
  chance?: number;
}

export interface FaultRule {
  /** An operation's name, or `*`. */
  operation: string;
  when?: When;
  /** A row of the fault table: its name, or its name with a parameter. */
  do: string | Record<string, unknown>;
}

interface ArmedRule {
  rule: FaultRule;
  name: string;
  parameter: unknown;
  seen: number;
  struck: number;
  random: () => number;
}

/** What struck one call, by the time at which it shows. */
export interface Struck {
  exchange: Exchange;
  refusals: ((unit: Unit) => Refusal | null)[];
  plans: ((task: Task) => void)[];
  /** Tasks that run although they were reported as failures. */
  ghosts: Set<Task>;
  /** The call was a repetition under a known clientToken. */
  replayed: boolean;
}

/** The armed fault rules. Putting rules replaces all of them and starts their counts afresh. */
export class FaultBook {
  #rules: ArmedRule[] = [];

  /** Takes a list of rules, or `{ rules }`. Throws a ValidationException that says which rule is wrong and why. */
  put(value: unknown): void {
    const list = isMembers(value) ? value.rules : value;
    if (!Array.isArray(list))
      throw wrong('fault rules are a list, or an object with a list "rules"');
    this.#rules = list.map((rule, index) => arm(rule, index));
  }

  /** The rules with how often each has seen a matching call and struck. */
  view(): Members {
    return { rules: this.#rules.map(({ rule, seen, struck }) => ({ ...rule, seen, struck })) };
  }

  strike(call: Call): Struck {
    const struck: Struck = {
      exchange: { before: null, after: null, delayMs: 0, holdMs: 0 },
      refusals: [],
      plans: [],
      ghosts: new Set(),
      replayed: false,
    };
    for (const armed of this.#rules) {
      if (!matches(armed.rule, call) || !due(armed)) continue;
      armed.struck++;
      apply(armed.name, armed.parameter, call, struck);
    }
    return struck;
  }
}

function apply(name: string, parameter: unknown, call: Call, struck: Struck): void {
  const row = faultTable[name]!;
  Object.assign(struck.exchange, row.exchange?.(parameter, call));
  if (row.refuse) struck.refusals.push((unit) => row.refuse!(parameter, unit));
  if (row.plan) struck.plans.push((task) => row.plan!(parameter, task));
  if (row.strike)
    struck.plans.push((task) =>
      task.plan.onRunning.push(() => row.strike!(parameter, call.account, task)),
    );
}

/** Lets a fault strike a task that exists, at once. */
export function strikeTask(account: Account, task: Task, fault: unknown): void {
  const { name, parameter } = readDo(fault, 'do');
  const row = faultTable[name]!;
  if (!row.strike) throw wrong(`${name} cannot strike a running task`);
  row.strike(parameter, account, task);
}

const wrong = (text: string): AwsError => new AwsError('ValidationException', text);

const ruleMembers = ['operation', 'when', 'do', 'seen', 'struck'];
const whenMembers = ['startedBy', 'label', 'subnet', 'nth', 'times', 'chance'];

function arm(value: unknown, index: number): ArmedRule {
  const where = `rule ${index + 1}`;
  if (!isMembers(value)) throw wrong(`${where} is not an object`);
  const odd =
    Object.keys(value).find((key) => !ruleMembers.includes(key)) ??
    Object.keys((value.when as object | undefined) ?? {}).find((key) => !whenMembers.includes(key));
  if (odd) throw wrong(`${where}: unknown member ${odd}`);
  if (typeof value.operation !== 'string') throw wrong(`${where}: operation is missing`);
  const { name, parameter } = readDo(value.do, where);
  const rule = { operation: value.operation, when: value.when as When | undefined, do: value.do };
  return { rule: rule as FaultRule, name, parameter, seen: 0, struck: 0, random: sequence(index) };
}

function readDo(value: unknown, where: string): { name: string; parameter: unknown } {
  const [[name, given] = [], second] = isMembers(value)
    ? Object.entries(value)
    : [[value, undefined]];
  if (typeof name !== 'string' || second)
    throw wrong(
      `${where}: "do" is a fault's name, or an object with one fault's name and its parameter`,
    );
  const row = Object.hasOwn(faultTable, name) ? faultTable[name] : undefined;
  if (!row)
    throw wrong(`${where}: no fault ${name}; there are ${Object.keys(faultTable).join(' ')}`);
  try {
    return { name, parameter: row.read(given) };
  } catch (error) {
    throw wrong(`${where}: ${name} ${(error as Error).message}`);
  }
}

function matches({ operation, when = {} }: FaultRule, call: Call): boolean {
  if (operation !== '*' && operation !== call.operation) return false;
  const { body } = call;
  if (when.startedBy !== undefined && body.startedBy !== when.startedBy)
    if (!tasksNamed(call.region, body).some((task) => task.startedBy === when.startedBy))
      return false;
  if (when.label === undefined && when.subnet === undefined) return true;
  const text = JSON.stringify(body);
  return [when.label, when.subnet].every(
    (wanted) => wanted === undefined || text.includes(JSON.stringify(wanted)),
  );
}

function due(armed: ArmedRule): boolean {
  armed.seen++;
  const { nth, times, chance } = armed.rule.when ?? {};
  if (armed.seen < (nth ?? 1)) return false;
  if (armed.struck >= (times ?? (nth ? 1 : Number.POSITIVE_INFINITY))) return false;
  return chance === undefined || armed.random() < chance;
}

/** Numbers in [0, 1), the same ones for every emulator. */
function sequence(seed: number) {
  let state = (seed + 1) * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
