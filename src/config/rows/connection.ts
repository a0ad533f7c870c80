import { notEmpty } from '../constraints.ts';
import { optional, required, setting } from '../row.ts';
import { address, choice, flag, text } from '../valueTypes.ts';

/** Where the scheduler is, and what this manager is to it. */
export const connectionRows = {
  scheduler_address: required(address, {
    positional: true,
    group: 'Connection',
    help: 'Address of the Scaler scheduler this manager connects to',
  }),
  worker_manager_id: required(text, {
    short: 'wmi',
    group: 'Connection',
    help: 'Id of this manager, unique among the managers of the scheduler',
    check: notEmpty,
  }),
  worker_scheduler_address: optional(address, {
    short: 'wsa',
    group: 'Connection',
    defaultText: 'scheduler_address',
    help: 'Scheduler address for the workers, if they reach the scheduler at another address',
  }),
  object_storage_address: optional(address, {
    short: 'osa',
    group: 'Connection',
    defaultText: 'workers ask the scheduler',
    help: 'Object storage address for the workers',
  }),
  network_backend: setting(choice(['auto', 'ymq', 'zmq'], { tcp_zmq: 'zmq' }), 'auto', {
    group: 'Connection',
    variableAlways: true,
    help: 'Transport of the scheduler and of the workers; auto detects it (tcp_zmq means zmq)',
  }),
  fleet_id: optional(text, {
    group: 'Connection',
    defaultText: 'manager id and worker-facing scheduler address',
    help: 'Identifies the Fargate tasks of this manager; set it to keep them when the manager id or the address changes',
    check: notEmpty,
  }),
  monitor_address: optional(address, {
    group: 'Connection',
    defaultText: 'the scheduler address with its port + 2',
    help: "Address of the scheduler's monitor stream, which reports workers and their tasks",
  }),
  tls_ca: optional(text, {
    group: 'Connection',
    defaultText: 'the well-known certificate authorities',
    help: 'PEM file with the only certificates to trust for tls:// and wss:// addresses',
    check: notEmpty,
  }),
  tls_insecure: setting(flag, false, {
    group: 'Connection',
    help: 'Do not check the certificates of tls:// and wss:// addresses',
  }),
};
