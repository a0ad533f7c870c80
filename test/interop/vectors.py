"""Writes golden messages of one release into FOLDER, each with a sidecar that describes its content. Run it with the
Python of a virtual environment that contains the release.

Encoded messages: bytes from the release's encoder, the sidecar from its input. Captured messages, over both transports: bytes
sent by a running scheduler, the sidecar from the release's decoder. Fields have the name of the first release that had them;
fields that the release does not have are omitted.

Messages contain the host name, so change it first: unshare --uts sh -c 'hostname host.example; exec ...'
"""

import argparse
import ast
import functools
import hashlib
import importlib.metadata
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import time

import scaler.protocol.capnp as capnp
from scaler.io.utility import deserialize, serialize
from scaler.protocol.helpers import PROTOCOL

RELEASE = importlib.metadata.version("opengris-scaler")

# A kind is the name of a type, a struct (its path in a release, or several, and its fields with their kinds), or a list with the
# kind of its items.
Resource = ("Resource", {"cpu": "int", "rss": "long"})
Capability = ("TaskCapability", {"name": "text", "value": "long"})
Processor = (
    "ProcessorStatus",
    {
        "pid": "int",
        "initialized": "bool",
        "hasTask": "bool",
        "suspended": "bool",
        "resource": Resource,
        "currentTaskId": "data",
        "taskAgeSeconds": "int",
    },
)
Count = ("BinderStatus.Pair", {"client": "text", "number": "int"})
Client = (
    ("ClientManagerStatus.Pair", "ClientManagerStatus.ClientStatus"),
    {
        "client": "data",
        "numTask": "int",
        "resource": Resource,
        "latencyUS": "int",
        "lastSeenS": "int",
        "connectedS": "int",
        "hostname": "text",
    },
)
Storage = (
    "ObjectManagerStatus.ObjectStorageStatus",
    {
        name: "long"
        for name in (
            "objectCount",
            "uniqueCount",
            "totalBytes",
            "pendingRequests",
            "pendingObjects",
            "oldestPendingSeconds",
        )
    },
)
Worker = (
    "WorkerStatus",
    {
        "workerId": "data",
        "agent": Resource,
        "rssFree": "long",
        "free": "int",
        "sent": "int",
        "queued": "int",
        "suspended": "int",
        "lagUS": "long",
        "lastS": "int",
        "itl": "text",
        "processorStatuses": [Processor],
        "memLimit": "long",
        "hostname": "text",
        "netSentBytes": "long",
        "netRecvBytes": "long",
    },
)
Detail = (
    "ScalingManagerStatus.WorkerManagerDetail",
    {
        "workerManagerID": "data",
        "identity": "text",
        "lastSeenS": "int",
        "maxTaskConcurrency": "int",
        "capabilities": "text",
        "pendingWorkers": "int",
    },
)
MESSAGES = {
    "workerManagerHeartbeat": (
        "WorkerManagerHeartbeat",
        {"maxTaskConcurrency": "int", "capabilities": [Capability], "workerManagerID": "data"},
    ),
    "workerManagerHeartbeatEcho": ("WorkerManagerHeartbeatEcho", {}),
    "workerManagerCommand": (
        "WorkerManagerCommand",
        {
            "setDesiredTaskConcurrencyRequests": [
                (
                    "WorkerManagerCommand.DesiredTaskConcurrencyRequest",
                    {"taskConcurrency": "int", "capabilities": [Capability]},
                )
            ]
        },
    ),
    "workerDisconnectNotification": ("WorkerDisconnectNotification", {}),
    "workerHeartbeat": (
        "WorkerHeartbeat",
        {
            "agent": Resource,
            "rssFree": "long",
            "queueSize": "int",
            "queuedTasks": "int",
            "latencyUS": "int",
            "taskLock": "bool",
            "processors": [Processor],
            "capabilities": [Capability],
            "workerManagerID": "data",
            "memLimit": "long",
            "hostname": "text",
            "netSentBytes": "long",
            "netRecvBytes": "long",
        },
    ),
    "workerHeartbeatEcho": (
        "WorkerHeartbeatEcho",
        {"objectStorageAddress": ("ObjectStorageAddress", {"host": "text", "port": "int", "scheme": "text"})},
    ),
    "stateBalanceAdvice": ("StateBalanceAdvice", {"workerId": "data", "taskIds": ["data"]}),
    "stateScheduler": (
        "StateScheduler",
        {
            "binder": ("BinderStatus", {"received": [Count], "sent": [Count]}),
            "scheduler": Resource,
            "rssFree": "long",
            "clientManager": ("ClientManagerStatus", {"clientToNumOfTask": [Client]}),
            "objectManager": ("ObjectManagerStatus", {"numberOfObjects": "int", "storage": Storage}),
            "taskManager": (
                "TaskManagerStatus",
                {"stateToCount": [("TaskManagerStatus.Pair", {"state": "int", "count": "int"})]},
            ),
            "workerManager": ("WorkerManagerStatus", {"workers": [Worker]}),
            "scalingManager": (
                "ScalingManagerStatus",
                {
                    "managedWorkers": [
                        ("ScalingManagerStatus.Pair", {"workerManagerID": "data", "workerIDs": ["data"]})
                    ],
                    "workerManagerDetails": [Detail],
                },
            ),
        },
    ),
    "stateWorker": ("StateWorker", {"workerId": "data", "state": "WorkerState", "capabilities": [Capability]}),
    "stateTask": (
        "StateTask",
        {
            "taskId": "data",
            "functionName": "data",
            "state": "TaskState",
            "worker": "data",
            "capabilities": [Capability],
            "metadata": "data",
            "objectBytes": "long",
            "client": "data",
            "event": "text",
        },
    ),
}
RENAMED = {
    "lagUS": "lagMicroseconds",
    "lastS": "lastSeenSeconds",
    "lastSeenS": "lastSeenSeconds",
    "latencyUS": "latencyMicroseconds",
    "connectedS": "connectedSeconds",
    "clientToNumOfTask": "clients",
    "client": "clientId",
}


def declared_fields() -> dict:
    """The fields of every struct of this release, from its type stubs."""
    found: dict = {}

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                name = f"{prefix}{child.name}"
                fields = [one.target.id for one in child.body if isinstance(one, ast.AnnAssign)]
                found[name] = set(fields)
                visit(child, f"{name}.")

    stubs = pathlib.Path(capnp.__file__).with_name("capnp.pyi")
    visit(ast.parse(stubs.read_text()), "")
    return found


DECLARED = declared_fields()


def struct_of(kind: tuple) -> tuple:
    """The path of a struct in this release, and for each of its fields: our name, the release's name, the kind."""
    paths = (kind[0],) if isinstance(kind[0], str) else kind[0]
    path = next(path for path in paths if path in DECLARED)
    release_fields = DECLARED[path]
    fields = []
    for name, inner in kind[1].items():
        release_name = next((one for one in (name, RENAMED.get(name)) if one in release_fields), None)
        if release_name:
            fields.append((name, release_name, inner))
    undescribed = release_fields - {release_name for _, release_name, _ in fields}
    if undescribed:
        raise SystemExit(f"{RELEASE}: {path} has fields that this script does not describe: {sorted(undescribed)}")
    return path, fields


def encoded(kind: object, value: object) -> object:
    """The release's object for a value in the notation of a sidecar."""
    if isinstance(kind, list):
        return [encoded(kind[0], one) for one in value]
    if isinstance(kind, tuple):
        path, fields = struct_of(kind)
        cls: object = capnp
        for part in path.split("."):
            cls = getattr(cls, part)
        return cls(**{release_name: encoded(inner, value[name]) for name, release_name, inner in fields if name in value})
    if kind == "long":
        return int(value)
    if kind == "data":
        return bytes.fromhex(value["hex"])
    if kind in ("WorkerState", "TaskState"):
        return getattr(capnp, kind)(value["value"])
    return value


def sidecar_value(kind: object, value: object) -> object:
    """The sidecar's notation of an object of the release."""
    if isinstance(kind, list):
        return [sidecar_value(kind[0], one) for one in value]
    if isinstance(kind, tuple):
        return {name: sidecar_value(inner, getattr(value, release_name)) for name, release_name, inner in struct_of(kind)[1]}
    if kind == "long":
        return str(value)
    if kind == "data":
        return data(bytes(value))
    if kind in ("WorkerState", "TaskState"):
        return {"name": value.name, "value": int(value)}
    return value


def data(value: bytes) -> dict:
    try:
        return {"hex": value.hex(), "utf8": value.decode()}
    except UnicodeDecodeError:
        return {"hex": value.hex()}


def existing_fields(kind: object, value: object) -> object:
    """The value without the fields that this release does not have."""
    if isinstance(kind, list):
        return [existing_fields(kind[0], one) for one in value]
    if isinstance(kind, tuple):
        return {name: existing_fields(inner, value[name]) for name, _, inner in struct_of(kind)[1] if name in value}
    return value


class Folder:
    def __init__(self, path: str) -> None:
        self.path = pathlib.Path(path)

    def write(self, name: str, message: str, payload: bytes, fields: object, source: str) -> None:
        name = f"g4-{RELEASE}-{name}"
        (segments,) = struct.unpack_from("<I", payload, 0)
        sidecar = {
            "name": name,
            "generation": "g4",
            "message": message,
            "discriminant": struct.unpack_from("<H", payload, 8 * (2 + (segments + 2) // 2 - 1))[0],
            "release": RELEASE,
            "source": source,
            "byteLength": len(payload),
            "segments": segments + 1,
            "sha256": hashlib.sha256(payload).hexdigest(),
            "fields": fields,
        }
        self.path.joinpath(f"{name}.bin").write_bytes(payload)
        self.path.joinpath(f"{name}.json").write_text(json.dumps(sidecar, indent=2, ensure_ascii=False) + "\n")

    def make(self, name: str, message: str, value: dict) -> None:
        kind = MESSAGES[message]
        payload = bytes(serialize(encoded(kind, value)))
        fields = existing_fields(kind, value)
        self.write(name, message, payload, fields, "made by the release's encoder")

    def stream(self, direction: str, stream: bytes, sent_by: str) -> None:
        """Writes the bytes of one direction of a connection, with its frames in the sidecar."""
        frames: list = [{"magic": stream[:4].hex()}]
        at = 4
        while at < len(stream):
            (length,) = struct.unpack_from("<Q", stream, at)
            payload = stream[at + 8 : at + 8 + length]
            what = {"identity": payload.decode()} if len(frames) == 1 else {"payloadHex": payload.hex()}
            frames.append({"length": length, **what})
            at += 8 + length
        name = f"ymq2-tcp-session-{RELEASE}-{direction}"
        sidecar = {
            "name": name,
            "kind": "byte-stream",
            "byteLength": len(stream),
            "sha256": hashlib.sha256(stream).hexdigest(),
            "transport": "ymq-tcp",
            "sentBy": sent_by,
            "frames": frames,
        }
        self.path.joinpath(f"{name}.bin").write_bytes(stream)
        self.path.joinpath(f"{name}.json").write_text(json.dumps(sidecar, indent=2) + "\n")

    def keep(self, name: str, payload: bytes) -> None:
        message = deserialize(payload)
        kind = PROTOCOL.inverse[type(message)]
        self.write(name, kind, payload, sidecar_value(MESSAGES[kind], message), "sent by a running scheduler of the release")


def id_of(text: str) -> dict:
    return data(text.encode())


GPU = {"name": "gpu", "value": "-1"}
LINUX = {"name": "linux", "value": "-1"}
EXTREMES = [{"name": "least", "value": str(-(2**63))}, {"name": "most", "value": str(2**63 - 1)}]
UNICODE = [{"name": "gr\u00fc\u00dfe", "value": "1"}, {"name": "\u6f22\u5b57 \U0001f680", "value": "2"}]


def worker(n: int) -> str:
    return f"Worker|ECS-{n:032x}|{n:032x}"


def processor(n: int) -> dict:
    return {
        "pid": 100 + n,
        "initialized": True,
        "hasTask": n > 0,
        "suspended": False,
        "resource": {"cpu": 10 * n, "rss": str(5_000_000_000 + n)},
        "currentTaskId": id_of("0123456789abcdef" if n else ""),
        "taskAgeSeconds": 70_000 * n,
    }


def worker_status(n: int) -> dict:
    return {
        "workerId": id_of(worker(n)),
        "agent": {"cpu": 12 + n, "rss": str(30_000_000 + n)},
        "rssFree": str(8_000_000_000 + n),
        "free": 1000 - n,
        "sent": n,
        "queued": 2 * n,
        "suspended": n,
        "lagUS": str(250 + n),
        "lastS": 300 + n,
        "itl": "110",
        "processorStatuses": [processor(n)],
        "memLimit": str(16_000_000_000 + n),
        "hostname": f"ip-10-0-0-{n}.ec2.internal",
        "netSentBytes": str(2**40 + n),
        "netRecvBytes": str(2**41 + n),
    }


def state_scheduler(workers: int) -> dict:
    return {
        "binder": {
            "received": [{"client": "WorkerHeartbeat", "number": 42}],
            "sent": [{"client": "WorkerHeartbeatEcho", "number": 43}],
        },
        "scheduler": {"cpu": 125, "rss": "123456789"},
        "rssFree": "16000000000",
        "clientManager": {
            "clientToNumOfTask": [
                {
                    "client": id_of("Client|abc"),
                    "numTask": 7,
                    "resource": {"cpu": 33, "rss": "44000000"},
                    "latencyUS": 512,
                    "lastSeenS": 400,
                    "connectedS": 90_000,
                    "hostname": "client.example",
                }
            ]
        },
        "objectManager": {
            "numberOfObjects": 3,
            "storage": {name: str(n + 2**33) for n, name in enumerate(Storage[1])},
        },
        "taskManager": {"stateToCount": [{"state": n, "count": 2 * n} for n in range(9)]},
        "workerManager": {"workers": [worker_status(n) for n in range(workers)]},
        "scalingManager": {
            "managedWorkers": [
                {"workerManagerID": id_of("wm-ecs"), "workerIDs": [id_of(worker(n)) for n in range(workers)]}
            ],
            "workerManagerDetails": [
                {
                    "workerManagerID": id_of("wm-ecs"),
                    "identity": "4242|worker_manager_ecs|7a0c5d0e-0000-4000-8000-0123456789ab",
                    "lastSeenS": 301,
                    "maxTaskConcurrency": 8,
                    "capabilities": "gpu linux",
                    "pendingWorkers": 2,
                }
            ],
        },
    }


def heartbeat(max_concurrency: int, capabilities: list, manager: str) -> dict:
    return {"maxTaskConcurrency": max_concurrency, "capabilities": capabilities, "workerManagerID": id_of(manager)}


def command(*requests: tuple) -> dict:
    wanted = [{"taskConcurrency": count, "capabilities": list(capabilities)} for count, *capabilities in requests]
    return {"setDesiredTaskConcurrencyRequests": wanted}


def make_all(folder: Folder) -> None:
    make = folder.make
    make("heartbeat-no-capabilities", "workerManagerHeartbeat", heartbeat(8, [], "wm"))
    make("heartbeat-one-flag-capability", "workerManagerHeartbeat", heartbeat(32, [GPU], "wm"))
    make("heartbeat-int64-extremes", "workerManagerHeartbeat", heartbeat(2**32 - 1, EXTREMES, "wm-ecs"))
    make("heartbeat-unicode-capabilities", "workerManagerHeartbeat", heartbeat(1, UNICODE, "a b;touch X"))
    make("heartbeat-zero-empty-id", "workerManagerHeartbeat", heartbeat(0, [], ""))
    make("echo", "workerManagerHeartbeatEcho", {})
    make("command-desired-no-requests", "workerManagerCommand", command())
    make("command-desired-one-request-zero", "workerManagerCommand", command((0,)))
    make("command-desired-three-requests", "workerManagerCommand", command((4,), (2, GPU), (1, LINUX, *EXTREMES)))
    make("command-desired-three-requests-unicode", "workerManagerCommand", command((1, *UNICODE), (2,), (3, GPU)))
    many = [(n, {"name": f"capability-{n}", "value": str(n)}) for n in range(400)]
    make("command-desired-400-requests-multisegment", "workerManagerCommand", command(*many))
    make("worker-disconnect-notification", "workerDisconnectNotification", {})
    heartbeat_message = {
        "agent": {"cpu": 125, "rss": "123456789"},
        "rssFree": "8000000000",
        "queueSize": 1000,
        "queuedTasks": 3,
        "latencyUS": 512,
        "taskLock": True,
        "processors": [processor(1)],
        "capabilities": [LINUX],
        "workerManagerID": id_of("wm-ecs"),
        "memLimit": "16000000000",
        "hostname": "ip-10-0-0-1.ec2.internal",
        "netSentBytes": str(2**40),
        "netRecvBytes": str(2**41),
    }
    make("worker-heartbeat", "workerHeartbeat", heartbeat_message)
    storage = {"objectStorageAddress": {"host": "127.0.0.1", "port": 8517, "scheme": "tcp"}}
    make("worker-heartbeat-echo", "workerHeartbeatEcho", storage)
    make("monitor-state-scheduler-no-workers", "stateScheduler", state_scheduler(0))
    make("monitor-state-scheduler-two-workers", "stateScheduler", state_scheduler(2))
    make("monitor-state-scheduler-30-workers-multisegment", "stateScheduler", state_scheduler(30))
    connected = {"workerId": id_of(worker(5)), "state": {"name": "connected", "value": 0}, "capabilities": [LINUX, GPU]}
    make("monitor-state-worker-connected", "stateWorker", connected)
    gone = {"workerId": id_of(worker(5)), "state": {"name": "disconnected", "value": 1}, "capabilities": []}
    make("monitor-state-worker-disconnected", "stateWorker", gone)
    advice = {"workerId": id_of(worker(1)), "taskIds": [id_of("task-1"), id_of("task-2")]}
    make("monitor-state-balance-advice", "stateBalanceAdvice", advice)
    for state in (capnp.TaskState.inactive, capnp.TaskState.running, max(capnp.TaskState)):
        task = {
            "taskId": {"hex": bytes(range(240, 256)).hex()},
            "functionName": id_of("square"),
            "state": {"name": state.name, "value": int(state)},
            "worker": id_of(worker(1)),
            "capabilities": [GPU],
            "metadata": {"hex": "00ff"},
            "objectBytes": str(2**35),
            "client": id_of("Client|abc"),
            "event": "assigned",
        }
        make(f"monitor-state-task-{state.name}", "stateTask", task)


class Ymq:
    """A YMQ connection that records its bytes, without the release's own library."""

    def __init__(self, port: int, identity: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.stream = self.socket.makefile("rb")
        self.sent = self.received = b""
        magic = self.read(4)
        self.write(magic)
        self.send(identity.encode())
        self.peer = self.receive()

    def read(self, count: int) -> bytes:
        taken = self.stream.read(count)
        if len(taken) < count:
            raise EOFError("the scheduler closed the connection")
        self.received += taken
        return taken

    def write(self, taken: bytes) -> None:
        self.socket.sendall(taken)
        self.sent += taken

    def send(self, payload: bytes) -> None:
        self.write(struct.pack("<Q", len(payload)) + payload)

    def receive(self) -> bytes:
        return self.read(struct.unpack("<Q", self.read(8))[0])


class Zmq:
    def __init__(self, port: int, identity: str, subscribe: bool = False) -> None:
        import zmq

        self.socket = zmq.Context.instance().socket(zmq.SUB if subscribe else zmq.DEALER)
        if subscribe:
            self.socket.subscribe(b"")
        else:
            self.socket.setsockopt(zmq.IDENTITY, identity.encode())
        self.socket.connect(f"tcp://127.0.0.1:{port}")
        self.send, self.receive = self.socket.send, self.socket.recv


def capture(folder: Folder, transport: str, port: int) -> None:
    """Captures messages from a scheduler with two workers and a client; this script is its manager and its monitor client."""
    environment = {**os.environ, "SCALER_NETWORK_BACKEND": transport}
    programs = pathlib.Path(sys.executable).parent
    address, storage = f"tcp://127.0.0.1:{port}", f"tcp://127.0.0.1:{port + 1}"
    started = []

    def spawn(*words: str) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        started.append(subprocess.Popen(words, env=environment, **quiet))

    def start(name: str, *words: str) -> None:
        spawn(str(programs / name), *words)

    def listens(at: int) -> bool:
        lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()
        return any(line.split()[1].endswith(f":{at:04X}") and line.split()[3] == "0A" for line in lines[1:])

    def wait(ready: object) -> None:
        end = time.monotonic() + 30
        while not ready():
            if time.monotonic() > end:
                raise TimeoutError
            time.sleep(0.1)

    try:
        start("scaler_object_storage_server", storage)
        wait(lambda: listens(port + 1))
        start("scaler_scheduler", address, "--object-storage-address", storage)
        wait(lambda: listens(port) and listens(port + 2))
        is_ymq = transport == "ymq"
        listener = Ymq(port + 2, "listener") if is_ymq else Zmq(port + 2, "", subscribe=True)
        identity = "4242|worker_manager_ecs|7a0c5d0e-0000-4000-8000-0123456789ab"
        manager = Ymq(port, identity) if is_ymq else Zmq(port, identity)
        native = ["baremetal_native", address, "--mode", "fixed", "--worker-manager-id", "wm-native"]
        native += ["--max-task-concurrency", "2", "--per-worker-capabilities", "linux,gpu=2"]
        start("scaler_worker_manager", *native)
        seen: dict = {}
        keep_one = functools.partial(keep_first, folder, transport, seen)
        wait(lambda: keep_one(listener.receive()) or "monitor-state-worker-connected" in seen)

        spawn(sys.executable, str(pathlib.Path(__file__).with_name("client.py")), address, "--count", "3", "--sleep", "4")
        heartbeat_message = serialize(encoded(MESSAGES["workerManagerHeartbeat"], heartbeat(8, [GPU], "wm-ecs")))
        wait(lambda: keep_one(listener.receive()) or "monitor-state-task-running" in seen)
        manager.send(heartbeat_message)
        for name in ("echo", "command"):
            folder.keep(f"{transport}-{name}", manager.receive())
        wanted = {"monitor-state-scheduler-busy", "monitor-state-task-success"}
        wait(lambda: keep_one(listener.receive()) or wanted <= seen.keys())
        started[2].terminate()
        wait(lambda: keep_one(listener.receive()) or "monitor-state-worker-disconnected" in seen)
        if is_ymq:
            folder.stream("client-to-scheduler", manager.sent, "a hand-driven client")
            folder.stream("scheduler-to-client", manager.received, f"a real {RELEASE} scheduler")
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(20)


def keep_first(folder: Folder, transport: str, seen: dict, payload: bytes) -> None:
    """Keeps the first message of each kind; a scheduler state only when it contains two workers, a manager and sent tasks."""
    message = deserialize(payload)
    kind = type(message).__name__
    if kind == "StateScheduler":
        workers = message.workerManager.workers
        managers = message.scalingManager.workerManagerDetails
        if len(workers) < 2 or not managers or not any(one.sent for one in workers):
            return
        name = "monitor-state-scheduler-busy"
    elif kind in ("StateWorker", "StateTask"):
        name = f"monitor-state-{kind[5:].lower()}-{message.state.name}"
    else:
        return
    if name not in seen:
        seen[name] = payload
        folder.keep(f"{transport}-{name}", payload)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--port", type=int, default=18700, help="first of three consecutive ports")
    args = parser.parse_args()
    if socket.gethostname() != "host.example":
        raise SystemExit("the messages would contain the name of this host; see --help")
    folder = Folder(args.folder)
    make_all(folder)
    for transport in ("ymq", "zmq"):
        capture(folder, transport, args.port)


if __name__ == "__main__":
    main()
