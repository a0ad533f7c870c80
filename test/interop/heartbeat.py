"""Prints in hex the heartbeat message of this release for the given manager id."""

import sys

from scaler.io.utility import serialize
from scaler.protocol.capnp import WorkerManagerHeartbeat

message = WorkerManagerHeartbeat(maxTaskConcurrency=4, capabilities=[], workerManagerID=sys.argv[1].encode())
print(serialize(message).hex())
