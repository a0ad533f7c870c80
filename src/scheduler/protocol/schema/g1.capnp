@0xb30697a1813790f9;
# Generations g1 and g1b: groups of workers.

using Common = import "common.capnp";
using Monitor = import "monitor.capnp";

struct WorkerAdapterHeartbeat {
  maxWorkerGroups @0 :UInt32;
  workersPerGroup @1 :UInt32;
  capabilities @2 :List(Common.TaskCapability);
}

# The heartbeat of g1b. Every generation before g4 reads the fields it knows: g1 ignores the id, g2 and later ignore
# workersPerGroup.
struct NamedAdapterHeartbeat {
  maxWorkerGroups @0 :UInt32;
  workersPerGroup @1 :UInt32;
  capabilities @2 :List(Common.TaskCapability);
  workerManagerID @3 :Data;
}

enum GroupCommand {
  startWorkerGroup @0;
  shutdownWorkerGroup @1;
}

enum GroupStatus {
  workerGroupIDNotSpecified @0;
  workerGroupIDNotFound @1;
  workerGroupShutdown @2;
  unknownAction @3;
  workerGroupTooMuch @4;
  success @5;
}

struct WorkerAdapterCommand {
  workerGroupID @0 :Data;
  command @1 :GroupCommand;
  capabilities @2 :List(Common.TaskCapability);
}

struct WorkerAdapterCommandResponse {
  workerGroupID @0 :Data;
  workerIDs @1 :List(Data);
  command @2 :GroupCommand;
  status @3 :GroupStatus;
  capabilities @4 :List(Common.TaskCapability);
}

# The groups in the monitor stream.
struct WorkerGroups {
  workerGroups @0 :List(WorkerGroup);
}

struct WorkerGroup {
  workerGroupID @0 :Data;
  workerIDs @1 :List(Data);
}

struct GroupStateScheduler {
  binder @0 :Monitor.BinderStatus;
  scheduler @1 :Common.Resource;
  rssFree @2 :UInt64;
  clientManager @3 :Monitor.ClientManagerStatus;
  objectManager @4 :Monitor.ObjectManagerStatus;
  taskManager @5 :Monitor.TaskManagerStatus;
  workerManager @6 :Monitor.WorkerManagerStatus;
  scalingManager @7 :WorkerGroups;
}
