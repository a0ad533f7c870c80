@0xac068e51a80269ee;
# The monitor stream, with the fields about workers and tasks.

using Common = import "common.capnp";

struct StateScheduler {
  binder @0 :BinderStatus;
  scheduler @1 :Common.Resource;
  rssFree @2 :UInt64;
  clientManager @3 :ClientManagerStatus;
  objectManager @4 :ObjectManagerStatus;
  taskManager @5 :TaskManagerStatus;
  workerManager @6 :WorkerManagerStatus;
  scalingManager @7 :ScalingManagerStatus;
}

struct BinderStatus {
  received @0 :List(MessageCount);
  sent @1 :List(MessageCount);
}

struct MessageCount {
  client @0 :Text;
  number @1 :UInt32;
}

struct ClientManagerStatus {
  clientToNumOfTask @0 :List(ClientTasks);
}

struct ClientTasks {
  client @0 :Data;
  numTask @1 :UInt32;
}

struct ObjectManagerStatus {
  numberOfObjects @0 :UInt32;
}

struct TaskManagerStatus {
  stateToCount @0 :List(StateCount);
}

struct StateCount {
  state @0 :UInt8;
  count @1 :UInt32;
}

struct WorkerManagerStatus {
  workers @0 :List(WorkerStatus);
}

struct WorkerStatus {
  workerId @0 :Data;
  agent @1 :Common.Resource;
  rssFree @2 :UInt64;
  free @3 :UInt32;
  sent @4 :UInt32;
  queued @5 :UInt32;
  suspended @6 :UInt8;
  lastS @7 :UInt8;
  lagUS @8 :UInt64;
  itl @9 :Text;
  processorStatuses @10 :List(Common.ProcessorStatus);
}

# In releases where WorkerStatus has more than four data words, lastS has two bytes and another place. The fields
# after memLimit are of later releases.
struct WideWorkerStatus {
  workerId @0 :Data;
  agent @1 :Common.Resource;
  rssFree @2 :UInt64;
  free @3 :UInt32;
  sent @4 :UInt32;
  queued @5 :UInt32;
  suspended @6 :UInt8;
  unused @7 :UInt8;
  lastS @8 :UInt16;
  lagUS @9 :UInt64;
  itl @10 :Text;
  processorStatuses @11 :List(Common.WideProcessorStatus);
  memLimit @12 :UInt64;
  hostname @13 :Text;
  netSentBytes @14 :UInt64;
  netRecvBytes @15 :UInt64;
}

struct WideWorkerManagerStatus {
  workers @0 :List(WideWorkerStatus);
}

struct WideClientManagerStatus {
  clientToNumOfTask @0 :List(WideClientTasks);
}

struct WideClientTasks {
  client @0 :Data;
  numTask @1 :UInt32;
  resource @2 :Common.Resource;
  latencyUS @3 :UInt32;
  lastSeenS @4 :UInt16;
  connectedS @5 :UInt32;
  hostname @6 :Text;
}

struct WideObjectManagerStatus {
  numberOfObjects @0 :UInt32;
  storage @1 :ObjectStorageStatus;
}

struct ObjectStorageStatus {
  objectCount @0 :UInt64;
  uniqueCount @1 :UInt64;
  totalBytes @2 :UInt64;
  pendingRequests @3 :UInt64;
  pendingObjects @4 :UInt64;
  oldestPendingSeconds @5 :UInt64;
}

struct WideStateScheduler {
  binder @0 :BinderStatus;
  scheduler @1 :Common.Resource;
  rssFree @2 :UInt64;
  clientManager @3 :WideClientManagerStatus;
  objectManager @4 :WideObjectManagerStatus;
  taskManager @5 :TaskManagerStatus;
  workerManager @6 :WideWorkerManagerStatus;
  scalingManager @7 :ScalingManagerStatus;
}

struct ScalingManagerStatus {
  managedWorkers @0 :List(ManagedWorkers);
  workerManagerDetails @1 :List(WorkerManagerDetail);
}

struct ManagedWorkers {
  workerManagerID @0 :Data;
  workerIDs @1 :List(Data);
}

struct WorkerManagerDetail {
  workerManagerID @0 :Data;
  identity @1 :Text;
  # One byte at the same place in earlier releases.
  lastSeenS @2 :UInt16;
  maxTaskConcurrency @3 :UInt32;
  capabilities @4 :Text;
  pendingWorkers @5 :UInt32;
}

struct StateWorker {
  workerId @0 :Data;
  state @1 :WorkerState;
  capabilities @2 :List(Common.TaskCapability);
}

struct StateTask {
  taskId @0 :Data;
  functionName @1 :Data;
  state @2 :TaskState;
  worker @3 :Data;
  capabilities @4 :List(Common.TaskCapability);
  metadata @5 :Data;
}

# With the fields of later releases.
struct WideStateTask {
  taskId @0 :Data;
  functionName @1 :Data;
  state @2 :TaskState;
  worker @3 :Data;
  capabilities @4 :List(Common.TaskCapability);
  metadata @5 :Data;
  objectBytes @6 :UInt64;
  client @7 :Data;
  event @8 :Text;
}

struct StateBalanceAdvice {
  workerId @0 :Data;
  taskIds @1 :List(Data);
}

enum WorkerState {
  connected @0;
  disconnected @1;
}

# Values 9 and 10 exist only in releases before g4.
enum TaskState {
  inactive @0;
  running @1;
  canceling @2;
  balanceCanceling @3;
  success @4;
  failed @5;
  failedWorkerDied @6;
  canceled @7;
  canceledNotFound @8;
  balanceCanceled @9;
  workerDisconnecting @10;
}
