@0xac068e51a80269ee;
# The monitor stream, as far as it says something about workers and tasks.

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

# lastS moved: one byte at bit 168 while the struct had four data words, two bytes at bit 176 since it
# has more. Both places are declared; the number of data words decides which one means something.
struct WorkerStatus {
  workerId @0 :Data;
  agent @1 :Common.Resource;
  rssFree @2 :UInt64;
  free @3 :UInt32;
  sent @4 :UInt32;
  queued @5 :UInt32;
  suspended @6 :UInt8;
  lastS @7 :UInt8;
  lastSWide @8 :UInt16;
  lagUS @9 :UInt64;
  itl @10 :Text;
  processorStatuses @11 :List(Common.ProcessorStatus);
  memLimit @12 :UInt64;
}

struct ScalingManagerStatus {
  # Worker groups of the oldest generation have the same layout.
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
  # Grew from one byte to two in place.
  lastSeenS @2 :UInt16;
  maxTaskConcurrency @3 :UInt32;
  capabilities @4 :Text;
  pendingWorkers @5 :UInt32;
}

struct StateWorker {
  workerId @0 :Data;
  state @1 :UInt16;
  capabilities @2 :List(Common.TaskCapability);
}

struct StateTask {
  taskId @0 :Data;
  functionName @1 :Data;
  state @2 :UInt16;
  worker @3 :Data;
  capabilities @4 :List(Common.TaskCapability);
  metadata @5 :Data;
}

struct StateBalanceAdvice {
  workerId @0 :Data;
  taskIds @1 :List(Data);
}
