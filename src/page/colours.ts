/** Names of the custom properties in inspector.css that hold the colour of a state, or of an end. */
const ofState: readonly [RegExp, string][] = [
  [/^requested/, '--requested'],
  [/^provisioning/, '--provisioning'],
  [/^running/, '--running'],
  [/^draining\.waiting/, '--waiting'],
  [/^draining/, '--stopping'],
];

const ofCause: Record<string, string> = {
  drained: '--drained',
  'process ended': '--drained',
  interrupted: '--interrupted',
};

export const colourOfState = (state: string): string =>
  ofState.find(([pattern]) => pattern.test(state))?.[1] ?? '--line';

export const colourOfCause = (cause: string): string => ofCause[cause] ?? '--failed';

/** In the order of a group's life. */
export const groupStates = [
  'requested',
  'provisioning',
  'running',
  'draining.waiting',
  'draining.held',
  'draining.stopping',
];

export const causeWords: Record<string, string> = {
  drained: 'drained: no longer desired',
  launchFailed: 'launch failed: ECS refused it',
  startFailed: 'start failed: it ended before its workers registered',
  exited: 'exited: its container ended by itself',
  interrupted: 'interrupted: Spot took it back',
  lost: 'lost: ECS no longer knows it',
  stoppedOutside: 'stopped by another hand than ours',
  'process ended': 'the manager ended first',
};
