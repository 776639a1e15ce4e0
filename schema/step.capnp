# Persisted by the buffer in one write with what the step consumed. Append fields only, never renumber.
@0xe7b0d6b3a5c2f148;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("troupe::schema");

using Rollout = import "rollout.capnp";

struct StepRecord {
  stage @0 :UInt32;
  version @1 :UInt64;
  branch @2 :UInt32;
  groups @3 :List(Rollout.GroupId);
  dataCursor @4 :UInt64;
  randomState @5 :UInt64;
  skipped @6 :Bool;
  metrics @7 :Text;
}

struct CheckpointRecord {
  stage @0 :UInt32;
  version @1 :UInt64;
  branch @2 :UInt32;
  folder @3 :Text;
  manifestHash @4 :UInt64;
  validation @5 :Float64 = -1;
  best @6 :Bool;
}

struct StageRecord {
  stage @0 :UInt32;
  name @1 :Text;
  status @2 :UInt8;
  startCheckpoint @3 :Text;
  note @4 :Text;
}
