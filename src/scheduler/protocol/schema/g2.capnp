@0xf36e64b959874c19;
# Generation g2: commands start and stop single workers.

using Common = import "common.capnp";

struct WorkerManagerHeartbeat {
  maxTaskConcurrency @0 :UInt32;
  capabilities @1 :List(Common.TaskCapability);
  workerManagerID @2 :Data;
}

struct StartShutdownCommand {
  workerIDs @0 :List(Data);
  command @1 :WorkersCommand;
  capabilities @2 :List(Common.TaskCapability);
}

struct StartShutdownResponse {
  workerIDs @0 :List(Data);
  command @1 :WorkersCommand;
  status @2 :WorkersStatus;
  capabilities @3 :List(Common.TaskCapability);
}

enum WorkersCommand {
  startWorkers @0;
  shutdownWorkers @1;
}

enum WorkersStatus {
  tooManyWorkers @0;
  unknownAction @1;
  workerNotFound @2;
  success @3;
}
