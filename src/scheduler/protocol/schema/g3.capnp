@0x8aa3e85a5e1da2d6;
# Generations g3 and g4: commands set desired counts. The heartbeat is that of g2.capnp.

using Common = import "common.capnp";

struct DesiredCommand {
  setDesiredTaskConcurrencyRequests @0 :List(Common.DesiredTaskConcurrencyRequest);
}
