@0xc1dd54209f03f8fb;
# The command of the releases that sent both: single workers and desired counts.

using Common = import "common.capnp";

struct WorkerManagerCommand {
  workerIDs @0 :List(Data);
  command @1 :UInt16;
  capabilities @2 :List(Common.TaskCapability);
  setDesiredTaskConcurrencyRequests @3 :List(Common.DesiredTaskConcurrencyRequest);
}
