# What workers, learner and controller ask of the buffer, and its answers, when they are processes of their own. One struct
# a message, the only part of a wire message whose kind is the request's number in actors/buffer_calls.hpp. Records travel as
# the bytes that the store keeps (schema/rollout.capnp, step.capnp, dataset.capnp), checked by the same codec.
# Token arrays travel only within samples: SubmitSamplesRequest, LeaseRequest.partials (handed back), GroupWork; never in the record of a group.
# Lost: the sender asks again, under the same sequence; asked twice, each answers what it answered first, or `exists`.
@0x9be1d7f3a5c40281;

using Cxx = import "/capnp/c++.capnp";
using Rollout = import "rollout.capnp";
$Cxx.namespace("troupe::schema");

struct Worker {
  name @0 :Text;
  incarnationHigh @1 :UInt64;
  incarnationLow @2 :UInt64;
}

struct Sampling {
  temperature @0 :Float64;
  topP @1 :Float64;
  topK @2 :UInt32;
  maxNewTokens @3 :UInt32;
}

# A group with as much of its payload as the asker needs.
struct GroupWork {
  group @0 :Data;           # Group
  prompt @1 :Data;          # Prompt
  samples @2 :List(Data);   # Sample each
  judgements @3 :List(Data); # Judgement each
  sampling @4 :Sampling;    # for generators
  notBefore @5 :UInt64;     # for generators: the oldest version that may sample it
  partials @6 :List(Data);  # for generators: Sample each, begun by another worker; to go on with
}

struct StageRequest {       # begin_stage, read_steps, evaluation
  stage @0 :UInt32;
  version @1 :UInt64;       # begin_stage: to go on from; read_steps: those behind it
  evaluation @2 :UInt32;
}

struct IssueRequest {
  purpose @0 :UInt8;
  split @1 :UInt8;
  count @2 :UInt64;
  numSamples @3 :UInt32;
  pinned @4 :UInt64;
  evaluation @5 :UInt32;
  sampling @6 :Sampling;
}

struct SubmittedSample {
  lease @0 :UInt64;
  group @1 :Rollout.GroupId;
  sample @2 :Data;
}

struct LeaseRequest {       # lease_prompts, lease_generated, lease_batch, renew, hand_back, worker_lost
  who @0 :Worker;
  maxGroups @1 :UInt32;
  epoch @2 :UInt64;         # the learner's
  lease @3 :UInt64;
  why @4 :Text;             # of a hand-back
  partials @5 :List(SubmittedSample); # of a hand-back: what is not finished
}

struct LeaseReply {         # lease_prompts, lease_generated, lease_batch, read_batch
  lease @0 :UInt64;         # 0: none
  renewEveryMs @1 :UInt32;
  found @2 :Bool;           # lease_batch: whether there is a batch
  groups @3 :List(GroupWork);
  dataCursor @4 :UInt64;
  waitingFor @5 :Text;
}

struct SubmitSamplesRequest {
  who @0 :Worker;
  samples @1 :List(SubmittedSample);
}

struct JudgedGroup {
  lease @0 :UInt64;
  group @1 :Rollout.GroupId;
  judgements @2 :List(Data);
}
struct SubmitVerdictRequest {
  who @0 :Worker;
  groups @1 :List(JudgedGroup);
}

struct CommitRequest {
  who @0 :Worker;
  epoch @1 :UInt64;
  lease @2 :UInt64;
  step @3 :Data;            # StepRecord
}

struct ReadBatchRequest {
  groups @0 :List(Rollout.GroupId);
}

struct RecordRequest {
  checkpoint @0 :Data;      # CheckpointRecord; empty: none
  forgotten @1 :List(Data);
  stage @2 :Data;           # StageRecord; empty: none
  ofLearner @3 :Bool;
  epoch @4 :UInt64;         # of that learner
}

struct DatasetRequest {     # read_dataset, build_dataset
  name @0 :Text;
  stage @1 :UInt32;
  policyCheckpoint @2 :Text;
  step @3 :UInt64;
}

# Answers of one number: begin_stage, issue, submit, record, begin_epoch.
struct NumberReply {
  value @0 :UInt64;
}

# Answers that are records: read_history, read_steps, read_dataset, build_dataset.
struct RecordsReply {
  records @0 :List(Data);
  more @1 :List(Data);      # read_history: checkpoints beside stages
}

struct ProgressReply {
  unfinishedPinned @0 :UInt64;
  version @1 :UInt64;
  waitingFor @2 :Text;
}

struct NamedSum {
  name @0 :Text;
  value @1 :Float64;
}
struct AnswerShown {
  prompt @0 :Text;
  completion @1 :Data;
  answer @2 :Text;
  verdict @3 :UInt8;
}
struct TaskResult {
  task @0 :Text;
  problems @1 :UInt64;
  samples @2 :UInt64;
  correct @3 :UInt64;
  undecided @4 :UInt64;
  tokens @5 :UInt64;
  partSums @6 :List(NamedSum);
  first @7 :List(AnswerShown);
}
struct EvaluationReply {
  results @0 :List(TaskResult);
}

# JSON that the controller puts into the report.
struct TextReply {
  text @0 :Text;
}

# Where a piece of a long answer is: with the piece, and in the request for the next one.
struct Piece {
  answer @0 :UInt64;        # its number at the sender
  offset @1 :UInt64;
  total @2 :UInt64;         # bytes of the whole answer; 0 in a request
}

struct SteerRequest {
  setsPaused @0 :Bool;
  paused @1 :Bool;
  setsMaxStaleness @2 :Bool;
  maxStaleness @3 :UInt32; # policy versions
}
struct SteerReply {
  paused @0 :Bool;
  maxStaleness @1 :UInt32; # policy versions
}
