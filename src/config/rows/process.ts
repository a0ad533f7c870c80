import { notEmpty, port } from '../constraints.ts';
import { optional, setting } from '../row.ts';
import { choice, flag, level, strings, text } from '../valueTypes.ts';

/** This process. */
export const processRows = {
  logging_paths: setting(strings, ['/dev/stdout'], {
    short: 'lp',
    group: 'Process',
    help: 'Log destinations: /dev/stdout (or -), /dev/stderr, files; none means no log',
  }),
  logging_config_file: optional(text, {
    short: 'lcf',
    group: 'Process',
    defaultText: 'none',
    help: "Rejected: Python's logging configuration is not supported",
    check: () =>
      "Python's logging configuration is not supported; use --logging-level and --logging-paths",
  }),
  logging_level: setting(level, 'INFO', {
    short: 'll',
    group: 'Process',
    help: 'Lowest level that is logged',
  }),
  logging_format: setting(choice(['auto', 'text', 'json']), 'auto', {
    group: 'Process',
    help: 'Form of the log: text has a sentence per event, json an object per line; auto means text on a terminal, else json',
  }),
  state_dir: optional(text, {
    group: 'Process',
    defaultText: '$STATE_DIRECTORY, $XDG_STATE_HOME/scaler-ecs or ~/.local/state/scaler-ecs',
    help: 'Directory for journal and identity; each manager uses its own subdirectory',
    check: notEmpty,
  }),
  control_socket: setting(choice(['on', 'off']), 'on', {
    group: 'Process',
    help: 'Whether status, groups, explain, drain, hold, resume and events reach the daemon, by a socket in its state directory',
  }),
  inspect: setting(flag, false, {
    group: 'Process',
    help: 'Show the live state of the actors to browsers on this machine; the log contains the address',
  }),
  inspect_port: setting(port, 8080, {
    group: 'Process',
    help: 'Port of the page of --inspect, on loopback; another one if it is taken',
  }),
  metrics_port: optional(port, {
    group: 'Process',
    defaultText: 'none: off',
    help: 'Port that serves metrics for Prometheus (/metrics) and health (/livez, /readyz); 0 means any free port',
  }),
  metrics_host: setting(text, '127.0.0.1', {
    group: 'Process',
    help: 'Address on which metrics_port listens; there is no password',
    check: notEmpty,
  }),
  config: optional(text, {
    short: 'c',
    group: 'Process',
    defaultText: 'none',
    flagOnly: true,
    help: 'TOML file with one [[worker_manager]] of type aws_raw_ecs',
    check: notEmpty,
  }),
};
