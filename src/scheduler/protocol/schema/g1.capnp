@0xb30697a1813790f9;
# Worker groups.

using Common = import "common.capnp";
using Monitor = import "monitor.capnp";

struct WorkerAdapterHeartbeat {
  maxWorkerGroups @0 :UInt32;
  workersPerGroup @1 :UInt32;
  capabilities @2 :List(Common.TaskCapability);
}

# The heartbeat of the versions that first named a manager. Every generation reads what it needs of it:
# the older one ignores the id, the later ones ignore workersPerGroup.
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

# What the monitor stream says about groups.
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
