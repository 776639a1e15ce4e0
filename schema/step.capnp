# What a commit writes. How these files may change: schema/README.md.
@0xe7b0d6b3a5c2f148;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("troupe::schema");

using Rollout = import "rollout.capnp";

# One learner step. Sender: the learner, by commit; receiver: the buffer, which writes it in one write with its groups' move
# to `trained`. Lost before the answer: the learner asks again and is told `exists`. Lost with the learner: the groups go
# back to `ready` under the next epoch.
struct StepRecord {
  stage @0 :UInt32;
  version @1 :UInt64;     # that the step produced; 1 for the first of a stage
  branch @2 :UInt32;      # up by one when a resume trained steps again without bit-for-bit determinism
  groups @3 :List(Rollout.GroupId); # sorted; empty for sft
  dataCursor @4 :UInt64;
  randomState @5 :UInt64;
  skipped @6 :Bool;       # gradient was not a number: batch consumed, weights unchanged
  metrics @7 :Text;       # the figures of its line of metrics.jsonl, one JSON object
}

# Written after its folder was complete and synced. A folder that no record names, or whose name still ends in `.part`, is
# half-written: discarded when its stage is loaded (actors/checkpoint.hpp).
struct CheckpointRecord {
  stage @0 :UInt32;
  version @1 :UInt64;
  branch @2 :UInt32;
  folder @3 :Text;
  manifestHash @4 :UInt64; # xxh3 over name, size and xxh3 of every file, in name order
  validation @5 :Float64 = -1; # pass@1; -1 while unknown
  obsoleteBest @6 :Bool;  # neither written nor read: the best is the one with the highest validation
}

# How far a stage has come; rewritten when its status changes.
struct StageRecord {
  stage @0 :UInt32;
  name @1 :Text;
  status @2 :UInt8;       # 0 pending, 1 running, 2 finished
  startCheckpoint @3 :Text;
  note @4 :Text;
}
