import { AwsError } from './awsError.ts';
import type { Call, Exchange, Refusal, RequestedTask } from './faultDefinition.ts';
import { faultTable } from './faultTable.ts';
import { isMembers, type Members } from './members.ts';
import type { Account, Task } from './model.ts';
import { tasksNamed } from './tasks.ts';

/** Conditions of a rule. A call must meet all of them. */
interface FaultCondition {
  /** startedBy of the request, or of a task that the request names. */
  startedBy?: string;
  /** SCALER_ECS_LAUNCH in the environment overrides of the request. */
  label?: string;
  /** A subnet of the request. */
  subnet?: string;
  /** Number of the first matching call that the rule applies to; counted from 1. */
  nth?: number;
  /** Maximum number of calls that the rule applies to. Default: 1 if `nth` is given, else unlimited. */
  times?: number;
  /** Probability (0..1) that the rule applies to a call that meets the other conditions; from a seeded generator. */
  chance?: number;
}

/** A fault rule, as in the JSON of `--faults` and `PUT /_emulator/faults`. */
export interface FaultRule {
  /** Name of an operation, or `*`. */
  operation: string;
  when?: FaultCondition;
  /** A fault of the fault table: `"name"`, or `{ "name": parameter }`. */
  do: string | Record<string, unknown>;
}

interface ActiveRule {
  rule: FaultRule;
  name: string;
  parameter: unknown;
  matchedCalls: number;
  affectedCalls: number;
  random: () => number;
}

/** The faults that apply to one call, by the stage at which they take effect. */
export interface CallFaults {
  exchange: Exchange;
  refusals: ((unit: RequestedTask) => Refusal | null)[];
  taskPlans: ((task: Task) => void)[];
  /** Tasks that run although the answer lists them as failures. */
  unreportedTasks: Set<Task>;
  /** Set by RunTask: the call repeated a known clientToken. */
  replayed: boolean;
}

/** The active fault rules. `put` replaces all of them and resets their counters. */
export class FaultRules {
  #rules: ActiveRule[] = [];

  /** Takes a list of rules, or `{ rules }`. Throws a ValidationException that names the invalid rule and the reason. */
  put(value: unknown): void {
    const list = isMembers(value) ? value.rules : value;
    if (!Array.isArray(list))
      throw invalidRule('fault rules are a list, or an object with a list "rules"');
    this.#rules = list.map((rule, index) => readRule(rule, index));
  }

  /** The rules with their counters: `seen` calls that matched, and `struck` calls that the fault was applied to. */
  view(): Members {
    return {
      rules: this.#rules.map(({ rule, matchedCalls, affectedCalls }) => ({
        ...rule,
        seen: matchedCalls,
        struck: affectedCalls,
      })),
    };
  }

  faultsFor(call: Call): CallFaults {
    const faults: CallFaults = {
      exchange: { before: null, after: null, delayMs: 0, answerDelayMs: 0 },
      refusals: [],
      taskPlans: [],
      unreportedTasks: new Set(),
      replayed: false,
    };
    for (const active of this.#rules) {
      if (!matches(active.rule, call) || !isDue(active)) continue;
      active.affectedCalls++;
      addFault(active.name, active.parameter, call, faults);
    }
    return faults;
  }
}

function addFault(name: string, parameter: unknown, call: Call, faults: CallFaults): void {
  const definition = faultTable[name]!;
  Object.assign(faults.exchange, definition.exchange?.(parameter, call));
  if (definition.refuseTask)
    faults.refusals.push((unit) => definition.refuseTask!(parameter, unit));
  if (definition.planTask) faults.taskPlans.push((task) => definition.planTask!(parameter, task));
  if (definition.applyToTask)
    faults.taskPlans.push((task) =>
      task.plan.onRunning.push(() => definition.applyToTask!(parameter, call.account, task)),
    );
}

/** Applies a fault to an existing task at once. Throws a ValidationException for a fault that does not apply to tasks. */
export function applyFaultToTask(account: Account, task: Task, fault: unknown): void {
  const { name, parameter } = readFault(fault, 'do');
  const definition = faultTable[name]!;
  if (!definition.applyToTask) throw invalidRule(`${name} does not apply to a running task`);
  definition.applyToTask(parameter, account, task);
}

const invalidRule = (text: string): AwsError => new AwsError('ValidationException', text);

const ruleMembers = ['operation', 'when', 'do', 'seen', 'struck'];
const whenMembers = ['startedBy', 'label', 'subnet', 'nth', 'times', 'chance'];

function readRule(value: unknown, index: number): ActiveRule {
  const where = `rule ${index + 1}`;
  if (!isMembers(value)) throw invalidRule(`${where} is not an object`);
  const unknownMember =
    Object.keys(value).find((key) => !ruleMembers.includes(key)) ??
    Object.keys((value.when as object | undefined) ?? {}).find((key) => !whenMembers.includes(key));
  if (unknownMember) throw invalidRule(`${where}: unknown member ${unknownMember}`);
  if (typeof value.operation !== 'string') throw invalidRule(`${where}: operation is missing`);
  const { name, parameter } = readFault(value.do, where);
  const rule = {
    operation: value.operation,
    when: value.when as FaultCondition | undefined,
    do: value.do,
  };
  return {
    rule: rule as FaultRule,
    name,
    parameter,
    matchedCalls: 0,
    affectedCalls: 0,
    random: seededRandom(index),
  };
}

function readFault(value: unknown, where: string): { name: string; parameter: unknown } {
  const [[name, given] = [], second] = isMembers(value)
    ? Object.entries(value)
    : [[value, undefined]];
  if (typeof name !== 'string' || second)
    throw invalidRule(
      `${where}: "do" is the name of a fault, or an object with the name of one fault and its parameter`,
    );
  const definition = Object.hasOwn(faultTable, name) ? faultTable[name] : undefined;
  if (!definition)
    throw invalidRule(
      `${where}: unknown fault ${name}; known faults: ${Object.keys(faultTable).join(' ')}`,
    );
  try {
    return { name, parameter: definition.readParameter(given) };
  } catch (error) {
    throw invalidRule(`${where}: ${name} ${(error as Error).message}`);
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
    (condition) => condition === undefined || text.includes(JSON.stringify(condition)),
  );
}

function isDue(active: ActiveRule): boolean {
  active.matchedCalls++;
  const { nth, times, chance } = active.rule.when ?? {};
  if (active.matchedCalls < (nth ?? 1)) return false;
  if (active.affectedCalls >= (times ?? (nth ? 1 : Number.POSITIVE_INFINITY))) return false;
  return chance === undefined || active.random() < chance;
}

/** Pseudo-random numbers in [0, 1) (mulberry32); the same sequence for each seed. */
function seededRandom(seed: number) {
  let state = (seed + 1) * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
