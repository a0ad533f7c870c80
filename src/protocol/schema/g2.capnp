@0xf36e64b959874c19;
# Starting and stopping single workers; the fourth field of the command is the later mix with desired
# counts and null before it.

using Common = import "common.capnp";

struct WorkerManagerHeartbeat {
  maxTaskConcurrency @0 :UInt32;
  capabilities @1 :List(Common.TaskCapability);
  workerManagerID @2 :Data;
}

struct WorkerManagerCommand {
  workerIDs @0 :List(Data);
  command @1 :UInt16;
  capabilities @2 :List(Common.TaskCapability);
}

struct WorkerManagerCommandResponse {
  workerIDs @0 :List(Data);
  command @1 :UInt16;
  status @2 :UInt16;
  capabilities @3 :List(Common.TaskCapability);
}
