# Persisted by the buffer, one record a value; integers that name enums carry the numbers of schema/rollout.hpp.
# Append fields only; never renumber, never change a type; a field nobody uses any more keeps its number.
@0xd1f6a2c44e0b9a37;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("troupe::schema");

struct GroupId {
  stage @0 :UInt32;
  purpose @1 :UInt8;
  attempt @2 :UInt32;
  cursor @3 :UInt64;
}

struct SampleId {
  group @0 :GroupId;
  index @1 :UInt32;
}

struct ChatMessage {
  role @0 :Text;
  content @1 :Text;
}

struct Prompt {
  task @0 :Text;
  split @1 :UInt8;
  index @2 :UInt64;
  text @3 :Text;
  messages @4 :List(ChatMessage);
  answer @5 :Text;
  metadata @6 :Text;      # one JSON object, or empty
}

struct Segment {
  source @0 :UInt8;
  begin @1 :UInt32;
  end @2 :UInt32;
  version @3 :UInt64;
}

# One answer. tokens, logprobs and lossMask have one entry per completion token.
struct Sample {
  index @0 :UInt32;
  tokens @1 :List(Int32);
  logprobs @2 :List(Float32);
  lossMask @3 :Data;
  segments @4 :List(Segment);
  finish @5 :UInt8;
  text @6 :Data;          # UTF-8 where the model wrote UTF-8
}

struct RewardPart {
  name @0 :Text;
  value @1 :Float64;
  weight @2 :Float64;
  verdict @3 :UInt8;
  reason @4 :Text;
}

struct Judgement {
  verdict @0 :UInt8;
  reward @1 :Float64;
  parts @2 :List(RewardPart);
}

struct Member {
  submitted @0 :Bool;
  numTokens @1 :UInt32;
  finish @2 :UInt8;
  oldest @3 :UInt64;
  newest @4 :UInt64;
  verdict @5 :UInt8;
  reward @6 :Float64;
  dropped @7 :UInt8;
  checksum @8 :UInt64;    # xxh3 of the encoded sample
}

struct StateChange {
  to @0 :UInt8;
  atMs @1 :Int64;
  by @2 :Text;
}

# Small, rewritten whole at every transition; never holds a token array.
struct Group {
  id @0 :GroupId;
  state @1 :UInt8;
  dropped @2 :UInt8;
  task @3 :Text;
  promptIndex @4 :UInt64;
  samplingSeed @5 :UInt64;
  issuedAt @6 :UInt64;
  pinned @7 :Int64 = -1;      # -1: not pinned
  evaluation @8 :UInt32;
  outstandingParts @9 :UInt32;
  lease @10 :UInt64;
  trainedAt @11 :Int64 = -1;  # -1: not trained
  members @12 :List(Member);
  history @13 :List(StateChange);
}
