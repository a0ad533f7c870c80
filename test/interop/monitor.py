"""Prints what a scheduler publishes about workers, one JSON line per message, decoded by the library of its release."""

import argparse
import base64
import json
import os
import socket
import ssl
import struct
import uuid
from typing import Iterator, Tuple

from scaler.io.utility import deserialize


def zmq_messages(address: str) -> Iterator[bytes]:
    import zmq

    subscriber = zmq.Context().socket(zmq.SUB)
    subscriber.setsockopt(zmq.IPV6, 1)
    subscriber.subscribe(b"")
    subscriber.connect(address)
    while True:
        yield subscriber.recv()


def dial(address: str) -> "Tuple[str, socket.socket]":
    scheme, rest = address.split("://", 1)
    if scheme == "ipc":
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(rest)
        return scheme, connection
    host, port = rest.split("/", 1)[0].rsplit(":", 1)
    connection = socket.create_connection((host, int(port)))
    if scheme in ("tls", "wss"):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = context.wrap_socket(connection)
    return scheme, connection


class WebSocket:
    """A minimal RFC 6455 client: the byte stream inside a WebSocket."""

    def __init__(self, connection: socket.socket) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        headers = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        connection.sendall(f"GET / HTTP/1.1\r\nHost: interop\r\n{headers}\r\n".encode())
        self.connection = connection
        self.stream = connection.makefile("rb")
        while self.stream.readline().strip():
            pass
        self.rest = b""

    def read(self, count: int) -> bytes:
        while len(self.rest) < count:
            head = self.stream.read(2)
            if len(head) < 2:
                return b""
            length = head[1] & 127
            if length > 125:
                size = {126: "!H", 127: "!Q"}[length]
                length = struct.unpack(size, self.stream.read(struct.calcsize(size)))[0]
            payload = self.stream.read(length)
            if head[0] & 15 == 8:
                return b""
            if head[0] & 15 in (0, 1, 2):
                self.rest += payload
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def write(self, data: bytes) -> None:
        # RFC 6455 requires masking; a mask of zeros leaves the bytes unchanged.
        self.connection.sendall(struct.pack("!BBH", 0x82, 0x80 | 126, len(data)) + bytes(4) + data)


def messages(address: str) -> Iterator[bytes]:
    """Yields the payloads of the stream. Its transport may differ from the scheduler's, so the first bytes decide: YMQ or ZeroMQ."""
    scheme, connection = dial(address)
    if scheme in ("ws", "wss"):
        web = WebSocket(connection)
        read, write = web.read, web.write
    else:
        read, write = connection.makefile("rb").read, connection.sendall
    magic = read(4)
    if magic[:1] == b"\xff":
        connection.close()
        yield from zmq_messages(address)
    if magic[:3] != b"YMQ":
        raise SystemExit("the monitor address speaks neither YMQ nor ZeroMQ")
    identity = f"interop-monitor|{uuid.uuid4()}".encode()
    write(magic + struct.pack("<Q", len(identity)) + identity)
    first = True
    while header := read(8):
        payload = read(struct.unpack("<Q", header)[0])
        if not first:  # the first message is the peer's identity
            yield payload
        first = False


def text(value: object) -> str:
    return bytes(value).decode(errors="replace") if not isinstance(value, str) else value


def get(thing: object, *names: str, default: object = None) -> object:
    """A field by any of its names in the supported releases."""
    for name in names:
        if isinstance(thing, dict) and name in thing:
            return thing[name]
        if hasattr(thing, name):
            return getattr(thing, name)
    return default


def as_dict(value: object, key: str, content: str) -> dict:
    """Depending on the release, a map is a list of pairs or a dictionary."""
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
            "unheard": [get(one, "lastSeenSeconds", "lastSeen", "lastSeenS", "last_seen_s", default=-1) for one in details],
        }
    return None


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    args = parser.parse_args()
    for payload in messages(args.address):
        line = report(deserialize(payload))
        if line:
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
