"""Prints, in hex, the heartbeat that this release's own manager would send for the manager id given."""

import sys

from scaler.io.utility import serialize
from scaler.protocol.capnp import WorkerManagerHeartbeat

message = WorkerManagerHeartbeat(maxTaskConcurrency=4, capabilities=[], workerManagerID=sys.argv[1].encode())
print(serialize(message).hex())
