@0xf61bf50694241e67;
# Structs that all generations share.

# The root of every message. Scaler's schema has a union here. Its discriminant is `variant` and its member is
# `body`, so that this struct fits every generation. The variant numbers are in generations.ts.
struct Message {
  variant @0 :UInt16;
  body @1 :AnyPointer;
}

struct TaskCapability {
  name @0 :Text;
  value @1 :Int64;
}

struct DesiredTaskConcurrencyRequest {
  taskConcurrency @0 :UInt32;
  capabilities @1 :List(TaskCapability);
}

struct Resource {
  cpu @0 :UInt16;
  rss @1 :UInt64;
}

struct ProcessorStatus {
  pid @0 :UInt32;
  initialized @1 :Bool;
  hasTask @2 :Bool;
  suspended @3 :Bool;
  resource @4 :Resource;
}

# With the fields of later releases; likewise all structs named Wide.
struct WideProcessorStatus {
  pid @0 :UInt32;
  initialized @1 :Bool;
  hasTask @2 :Bool;
  suspended @3 :Bool;
  resource @4 :Resource;
  currentTaskId @5 :Data;
  taskAgeSeconds @6 :UInt32;
}

# Disconnect request and response.
struct Disconnect {
  worker @0 :Data;
}

struct WorkerHeartbeat {
  agent @0 :Resource;
  rssFree @1 :UInt64;
  queueSize @2 :UInt32;
  queuedTasks @3 :UInt32;
  latencyUS @4 :UInt32;
  taskLock @5 :Bool;
  processors @6 :List(ProcessorStatus);
  capabilities @7 :List(TaskCapability);
  workerManagerID @8 :Data;
}

struct WideWorkerHeartbeat {
  agent @0 :Resource;
  rssFree @1 :UInt64;
  queueSize @2 :UInt32;
  queuedTasks @3 :UInt32;
  latencyUS @4 :UInt32;
  taskLock @5 :Bool;
  processors @6 :List(WideProcessorStatus);
  capabilities @7 :List(TaskCapability);
  workerManagerID @8 :Data;
  memLimit @9 :UInt64;
  hostname @10 :Text;
  netSentBytes @11 :UInt64;
  netRecvBytes @12 :UInt64;
}

struct WorkerHeartbeatEcho {
  objectStorageAddress @0 :ObjectStorageAddress;
}

struct ObjectStorageAddress {
  host @0 :Text;
  port @1 :UInt16;
  scheme @2 :Text;
}

# The body of messages that consist of their variant number only.
struct Empty {
}
