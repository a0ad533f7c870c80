import { partsOfEdge } from '../shared/edgeIds.ts';
import { type Graph, graphOf, type Value } from './graph.ts';
import { modelled } from './machines.ts';
import type { Seen } from './traces.ts';

/** Something that the graph of a machine does not allow. */
export interface Disallowed {
  actor: string;
  machine: string;
  where: string;
  from: string;
  to: string;
  event: string | null;
  why: string;
}

export interface MachineCoverage {
  machine: string;
  actors: number;
  transitions: number;
  states: { reached: number; all: number; missing: string[] };
  /** Null: a log does not say which transition led to a state. */
  edges: { taken: number; all: number; missing: string[] } | null;
}

export interface TraceReport {
  transitions: number;
  disallowed: Disallowed[];
  coverage: MachineCoverage[];
}

interface Actor {
  machine: string;
  value: Value;
}

interface MachineStats {
  graph: Graph;
  actors: number;
  transitions: number;
  states: Set<string>;
  edges: Set<string>;
}

const words = (value: Value): string =>
  typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', '');

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Whether a transition on `descriptor` can be taken by an event of that type. */
function accepts(descriptor: string, type: string): boolean {
  if (descriptor === '*' || descriptor === type) return true;
  return descriptor.endsWith('.*') && type.startsWith(descriptor.slice(0, -1));
}

/** Follows actors over the graphs of their machines. */
export function checkTrace(seen: readonly Seen[]): TraceReport {
  const statsByMachine = new Map<string, MachineStats>(
    modelled.map(({ machine }) => [
      machine.id,
      {
        graph: graphOf(machine),
        ...{ actors: 0, transitions: 0, states: new Set<string>(), edges: new Set<string>() },
      },
    ]),
  );
  const actors = new Map<string, Actor>();
  const disallowed: Disallowed[] = [];
  let namesEdges = true;

  const settle = (actor: Actor, value: Value): void => {
    const { graph, states } = statsByMachine.get(actor.machine) as MachineStats;
    actor.value = value;
    for (const path of graph.activeIn(value)) states.add(path);
  };

  const begin = (name: string, machine: string, value: Value): Actor | null => {
    const stats = statsByMachine.get(machine);
    if (!stats) return null;
    const actor = { machine, value };
    stats.actors++;
    actors.set(name, actor);
    settle(actor, value);
    return actor;
  };

  const step = (one: Seen & { kind: 'step' }): void => {
    const actor = actors.get(one.actor);
    if (!actor) return;
    const stats = statsByMachine.get(actor.machine) as MachineStats;
    const from = actor.value;
    const refuse = (why: string) =>
      disallowed.push({
        ...{ actor: one.actor, machine: actor.machine, where: one.where, event: one.event, why },
        ...{ from: words(from), to: words(one.value ?? from) },
      });
    stats.transitions++;
    let value: Value = from;
    const [first] = one.took;
    if (first === undefined) {
      if (one.value !== null) refuse('no transition was taken');
    } else if (!accepts(partsOfEdge(first).event, one.event))
      refuse(`${first} is not for this event`);
    for (const edge of one.took) {
      const next = stats.graph.after(value, edge);
      if (next === null) {
        refuse(
          stats.graph.edges.includes(edge)
            ? `${edge} does not leave a state that is active`
            : `there is no transition ${edge}`,
        );
        break;
      }
      stats.edges.add(edge);
      value = next;
    }
    if (!same(value, one.value ?? from)) refuse(`the transitions lead to ${words(value)}`);
    settle(actor, one.value ?? from);
  };

  /** The state in which `leaf` is active, after one transition, or two of which the first raised the second. */
  const reach = (graph: Graph, from: Value, leaf: string): Value | null => {
    let values: Value[] = [from];
    for (let depth = 0; depth < 2; depth++) {
      const next = values.flatMap((value) =>
        graph.edgesFrom(value).flatMap((edge) => graph.after(value, edge) ?? []),
      );
      const found = next.find((value) => graph.activeIn(value).includes(leaf));
      if (found !== undefined) return found;
      values = [...new Map(next.map((value) => [JSON.stringify(value), value])).values()];
    }
    return null;
  };

  const entered = ({ actor: name, machine, leaf, where }: Seen & { kind: 'entered' }): void => {
    namesEdges = false;
    const stats = statsByMachine.get(machine);
    if (!stats) return;
    const { graph } = stats;
    const actor = actors.get(name) ?? begin(name, machine, graph.initial);
    // The leaves of a start, and those that one event entered together, come one by one.
    if (!actor || graph.activeIn(actor.value).includes(leaf)) return;
    stats.transitions++;
    const value = reach(graph, actor.value, leaf);
    if (value !== null) {
      settle(actor, value);
      return;
    }
    disallowed.push({
      ...{ actor: name, machine, where, event: null, from: words(actor.value), to: leaf },
      why: graph.states.includes(leaf) ? 'no transition leads there' : 'there is no such state',
    });
    actors.delete(name);
  };

  for (const one of seen) {
    if (one.kind === 'born') begin(one.actor, one.machine, one.value as Value);
    else if (one.kind === 'step') step(one);
    else if (one.kind === 'entered') entered(one);
    else if (one.actor === null) actors.clear();
    else actors.delete(one.actor);
  }

  const coverage = [...statsByMachine].map(
    ([machine, { graph, actors, transitions, states, edges }]) => ({
      ...{ machine, actors, transitions },
      states: {
        reached: states.size,
        all: graph.states.length,
        missing: graph.states.filter((path) => !states.has(path)),
      },
      edges: namesEdges
        ? {
            taken: edges.size,
            all: graph.edges.length,
            missing: graph.edges.filter((edge) => !edges.has(edge)),
          }
        : null,
    }),
  );
  const transitions = coverage.reduce((sum, one) => sum + one.transitions, 0);
  return { transitions, disallowed, coverage };
}

/** For people. */
export function traceText({ transitions, disallowed, coverage }: TraceReport): string {
  const [first] = disallowed;
  const verdict =
    first === undefined
      ? `${transitions} transitions, all of which the graphs allow`
      : `${transitions} transitions, ${disallowed.length} of which the graphs do not allow`;
  const lines = [verdict];
  if (first)
    lines.push(
      `the first, at ${first.where}: ${first.actor} (${first.machine}) went from ${first.from} to ${first.to}${first.event === null ? '' : ` on ${first.event}`}: ${first.why}`,
    );
  lines.push('');
  for (const { machine, actors, transitions: taken, states, edges } of coverage)
    lines.push(
      `${machine.padEnd(14)} ${actors} actors, ${taken} transitions, ${states.reached} of ${states.all} states${edges === null ? '' : `, ${edges.taken} of ${edges.all} edges`}`,
    );
  return `${lines.join('\n')}\n`;
}
