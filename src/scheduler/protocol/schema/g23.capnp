@0xc1dd54209f03f8fb;
# Generation g23: commands start and stop single workers or set desired counts.

using Common = import "common.capnp";

struct MixedCommand {
  workerIDs @0 :List(Data);
  command @1 :MixedWorkersCommand;
  capabilities @2 :List(Common.TaskCapability);
  setDesiredTaskConcurrencyRequests @3 :List(Common.DesiredTaskConcurrencyRequest);
}

enum MixedWorkersCommand {
  startWorkers @0;
  shutdownWorkers @1;
  setDesiredTaskConcurrency @2;
}
