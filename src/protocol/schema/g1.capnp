@0xb30697a1813790f9;
# Worker groups. The heartbeat is the longer one of the versions that first named a manager: its
# first fields are the whole of the older one, and every later generation reads what it needs of it.

using Common = import "common.capnp";

struct WorkerAdapterHeartbeat {
  maxWorkerGroups @0 :UInt32;
  workersPerGroup @1 :UInt32;
  capabilities @2 :List(Common.TaskCapability);
  workerManagerID @3 :Data;
}

struct WorkerAdapterCommand {
  workerGroupID @0 :Data;
  command @1 :UInt16;
  capabilities @2 :List(Common.TaskCapability);
}

struct WorkerAdapterCommandResponse {
  workerGroupID @0 :Data;
  workerIDs @1 :List(Data);
  command @2 :UInt16;
  status @3 :UInt16;
  capabilities @4 :List(Common.TaskCapability);
}
