# Append-only, named, versioned sets of records that know where they came from. How these files may change:
# schema/README.md.
@0xb39f5d2f8c61e07d;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("troupe::schema");

using Rollout = import "rollout.capnp";

# One example. Its completion is, byte for byte, the text of the stored sample it names.
struct DatasetRecord {
  index @0 :UInt64;
  source @1 :Rollout.SampleId; # absent: imported, and its sample is not in this store
  task @2 :Text;
  prompt @3 :Text;
  completion @4 :Data;
  answer @5 :Text;
  reward @6 :Float64;
}

# Written with the records it counts, in one write.
struct DatasetManifest {
  name @0 :Text;
  version @1 :UInt32;
  records @2 :UInt64;
  stage @3 :UInt32;       # that made it; 0xffffffff: imported
  step @4 :UInt64;
  policy @5 :UInt64;
  policyCheckpoint @6 :Text;
  verifiers @7 :List(Text); # name and version, "exact/1"
  filter @8 :Text;
  seed @9 :UInt64;
  parents @10 :List(Text);  # "name@version", "file:NAME@xxh3:HASH", "foreign:NAME@xxh3:HASH"
  considered @11 :UInt64; # samples looked at
}
