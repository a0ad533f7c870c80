@0x8aa3e85a5e1da2d6;
# Desired counts only, also after the union was renumbered. The heartbeat is that of g2.capnp.

using Common = import "common.capnp";

struct DesiredCommand {
  setDesiredTaskConcurrencyRequests @0 :List(Common.DesiredTaskConcurrencyRequest);
}
