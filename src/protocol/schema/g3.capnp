@0x8aa3e85a5e1da2d6;
# Desired counts only. The heartbeat is that of g2.capnp.

using Common = import "common.capnp";

struct WorkerManagerCommand {
  setDesiredTaskConcurrencyRequests @0 :List(Common.DesiredTaskConcurrencyRequest);
}
