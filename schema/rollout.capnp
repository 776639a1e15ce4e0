# One rollout: a prompt, its samples, their verdicts, and the group that ties them together.
# Written by the buffer alone while a run goes on, afterwards also by writing verbs of troupectl, one record a value of the store.
# Integers that name enums carry the numbers of schema/rollout.hpp. How these files may change: schema/README.md.
@0xd1f6a2c44e0b9a37;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("troupe::schema");

# Where its prompt came from, never random: the same run issues the same ids again.
struct GroupId {
  stage @0 :UInt32;       # position in the recipe, from 0
  purpose @1 :UInt8;      # 0 train, 1 collect, 2 eval
  attempt @2 :UInt32;     # 0 but for a group issued again
  cursor @3 :UInt64;      # counts the groups of (stage, purpose)
}

struct SampleId {
  group @0 :GroupId;
  index @1 :UInt32;
}

struct ChatMessage {
  role @0 :Text;
  content @1 :Text;
}

# One task instance. Written with the group that asks it; lost: the group cannot be generated or explained.
struct Prompt {
  task @0 :Text;
  split @1 :UInt8;        # 0 train, 1 validation, 2 heldout
  index @2 :UInt64;
  text @3 :Text;          # empty when messages holds a conversation
  messages @4 :List(ChatMessage);
  answer @5 :Text;        # reference answer; empty: none
  metadata @6 :Text;      # one JSON object, or empty
}

# Tokens [begin, end) of a completion that came from one source under one set of weights.
struct Segment {
  source @0 :UInt8;       # 0 policy, 1 environment
  begin @1 :UInt32;
  end @2 :UInt32;
  version @3 :UInt64;
}

# One answer. Sender: a generator, by submit_samples; receiver: the buffer, which stores it before it answers.
# tokens, logprobs and lossMask have one entry per completion token; segments cover them in order, without gaps.
# Lost before the answer: the lease runs out and the member is sampled again. Sent twice: the answer is `exists`.
struct Sample {
  index @0 :UInt32;
  tokens @1 :List(Int32);
  logprobs @2 :List(Float32); # natural log, at the sampling temperature; finite
  lossMask @3 :Data;      # 1 where a token counts in the loss
  segments @4 :List(Segment);
  finish @5 :UInt8;       # 0 stop, 1 length, 2 cancelled
  text @6 :Data;          # UTF-8 where the model wrote UTF-8
}

# verdict: 0 none (purely scored), 1 correct, 2 incorrect, 3 undecided (then value means nothing).
struct RewardPart {
  name @0 :Text;
  value @1 :Float64;
  weight @2 :Float64;
  verdict @3 :UInt8;
  reason @4 :Text;
}

# What the verifiers said of one sample. Sender: a verifier, all members of a group at once; receiver: the buffer.
# Lost: the lease runs out and the group is judged again. A judge that fails says undecided, never incorrect.
struct Judgement {
  verdict @0 :UInt8;
  reward @1 :Float64;
  parts @2 :List(RewardPart);
}

# What became of one member; kept in the group so that counting and choosing load no payload.
struct Member {
  submitted @0 :Bool;       # its sample is stored, whole
  numTokens @1 :UInt32;     # not submitted, yet more than 0: its sample is stored as far as a drained worker came
  finish @2 :UInt8;
  oldest @3 :UInt64;
  newest @4 :UInt64;
  verdict @5 :UInt8;
  reward @6 :Float64;
  dropped @7 :UInt8;      # a member can be dropped from a group that lives on
  checksum @8 :UInt64;    # xxh3 of the encoded sample
}

# For people, and for retention, which reads when a group came to its end.
struct StateChange {
  to @0 :UInt8;
  atMs @1 :Int64;         # wall clock, milliseconds since 1970
  by @2 :Text;            # worker, or why; empty: the buffer itself
}

# Small, rewritten whole at every transition, in one write with whatever else the transition brings; never holds a token
# array. The write is the transition: a crash before it leaves the group where it was.
struct Group {
  id @0 :GroupId;
  state @1 :UInt8;
  dropped @2 :UInt8;
  task @3 :Text;
  promptIndex @4 :UInt64;
  samplingSeed @5 :UInt64;    # with sample index and position, the whole key of its random numbers
  issuedAt @6 :UInt64;        # the learner's version when it was issued
  pinned @7 :Int64 = -1;      # -1: not pinned
  evaluation @8 :UInt32;
  outstandingParts @9 :UInt32;
  lease @10 :UInt64;          # 0: not leased; void once the store was closed
  trainedAt @11 :Int64 = -1;  # -1: not trained
  members @12 :List(Member);
  history @13 :List(StateChange);
  uses @14 :UInt32;           # steps that consumed it (counted since replay tables exist)
  maxReuse @15 :UInt32 = 1;   # steps that may: 1 in a queue, more in a replay table
  forgottenMs @16 :Int64;     # wall clock when retention removed its prompt, samples and judgements; 0: they are there
  payloadBytes @17 :UInt64;   # of these, before compression; 0: written by a version that did not count them
}
