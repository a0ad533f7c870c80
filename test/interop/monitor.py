"""Prints what a scheduler publishes about workers, one JSON line a message, decoded by that release's own library."""

import argparse
import json
import socket
import struct
import uuid
from typing import Iterator

from scaler.io.utility import deserialize


def ymq_messages(host: str, port: int) -> Iterator[bytes]:
    with socket.create_connection((host, port)) as connection:
        stream = connection.makefile("rb")
        identity = f"interop-monitor|{uuid.uuid4()}".encode()
        connection.sendall(b"YMQ\x01" + struct.pack("<Q", len(identity)) + identity)
        if stream.read(4) != b"YMQ\x01":
            raise SystemExit("the monitor address does not speak YMQ")
        first = True
        while header := stream.read(8):
            payload = stream.read(struct.unpack("<Q", header)[0])
            if not first:  # the first message is the peer's name
                yield payload
            first = False


def zmq_messages(host: str, port: int) -> Iterator[bytes]:
    import zmq

    subscriber = zmq.Context().socket(zmq.SUB)
    subscriber.subscribe(b"")
    subscriber.connect(f"tcp://{host}:{port}")
    while True:
        yield subscriber.recv()


def text(value: object) -> str:
    return bytes(value).decode(errors="replace") if not isinstance(value, str) else value


def report(message: object) -> "dict | None":
    kind = type(message).__name__
    if kind == "StateWorker":
        state = getattr(message.state, "name", str(message.state))
        capabilities = {c.name: str(c.value) for c in message.capabilities}
        return {"kind": "worker", "id": text(message.workerId), "state": state, "capabilities": capabilities}
    if kind == "StateScheduler":
        managed = getattr(message.scalingManager, "managedWorkers", [])
        details = getattr(message.scalingManager, "workerManagerDetails", [])
        return {
            "kind": "scheduler",
            "workers": [text(worker.workerId) for worker in message.workerManager.workers],
            "managers": {text(one.workerManagerID): [text(i) for i in one.workerIDs] for one in managed},
            "identities": {text(one.workerManagerID): text(one.identity) for one in details},
        }
    return None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("transport", choices=["ymq", "zmq"])
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    args = parser.parse_args()
    messages = ymq_messages if args.transport == "ymq" else zmq_messages
    for payload in messages(args.host, args.port):
        line = report(deserialize(payload))
        if line:
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
