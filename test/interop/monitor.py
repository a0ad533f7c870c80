"""Prints what a scheduler publishes about workers, one JSON line a message, decoded by that release's own library."""

import argparse
import json
import socket
import struct
import uuid
from typing import Iterator

from scaler.io.utility import deserialize


def zmq_messages(host: str, port: int) -> Iterator[bytes]:
    import zmq

    subscriber = zmq.Context().socket(zmq.SUB)
    subscriber.subscribe(b"")
    subscriber.connect(f"tcp://{host}:{port}")
    while True:
        yield subscriber.recv()


def messages(host: str, port: int) -> Iterator[bytes]:
    """The stream's transport is not always the scheduler's own, so whoever speaks first is listened to."""
    with socket.create_connection((host, port)) as connection:
        stream = connection.makefile("rb")
        magic = stream.read(4)
        if magic[:1] == b"\xff":
            connection.close()
            yield from zmq_messages(host, port)
        if magic[:3] != b"YMQ":
            raise SystemExit("the monitor address speaks neither YMQ nor ZeroMQ")
        identity = f"interop-monitor|{uuid.uuid4()}".encode()
        connection.sendall(magic + struct.pack("<Q", len(identity)) + identity)
        first = True
        while header := stream.read(8):
            payload = stream.read(struct.unpack("<Q", header)[0])
            if not first:  # the first message is the peer's name
                yield payload
            first = False


def text(value: object) -> str:
    return bytes(value).decode(errors="replace") if not isinstance(value, str) else value


def get(thing: object, *names: str, default: object = None) -> object:
    """A field under any of the names that releases gave it."""
    for name in names:
        if isinstance(thing, dict) and name in thing:
            return thing[name]
        if hasattr(thing, name):
            return getattr(thing, name)
    return default


def as_dict(value: object, key: str, content: str) -> dict:
    """Releases hand out lists of pairs or, wrapped, dictionaries."""
    if isinstance(value, dict):
        return {text(name): one for name, one in value.items()}
    return {text(getattr(one, key)): getattr(one, content) for one in value}


def report(message: object) -> "dict | None":
    kind = type(message).__name__
    if kind == "StateWorker":
        state = get(message.state, "name", default=str(message.state))
        capabilities = {name: str(value) for name, value in as_dict(message.capabilities, "name", "value").items()}
        worker = text(get(message, "workerId", "worker_id"))
        return {"kind": "worker", "id": worker, "state": str(state).lower(), "capabilities": capabilities}
    if kind == "StateScheduler":
        scaling = get(message, "scalingManager", "scaling_manager")
        managed = get(scaling, "managedWorkers", "managed_workers", default=[])
        details = get(scaling, "workerManagerDetails", "worker_manager_details", default=[])
        workers = get(message, "workerManager", "worker_manager").workers
        return {
            "kind": "scheduler",
            "workers": [text(get(worker, "workerId", "worker_id")) for worker in workers],
            "managers": {
                manager: [text(i) for i in ids] for manager, ids in as_dict(managed, "workerManagerID", "workerIDs").items()
            },
            "identities": {
                text(get(one, "workerManagerID", "worker_manager_id")): text(get(one, "identity")) for one in details
            },
        }
    return None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    args = parser.parse_args()
    for payload in messages(args.host, args.port):
        line = report(deserialize(payload))
        if line:
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
