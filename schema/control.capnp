# What members say to the controller, the controller to the learner, and the learner to its other ranks, when they are
# processes of their own. How this file may change: schema/README.md.
@0x9d1dfbbd3d5010a9;

using Cxx = import "/capnp/c++.capnp";
using Rollout = import "rollout.capnp";
$Cxx.namespace("troupe::schema");

# Who speaks is in the connection: its key says name and role, its hello says the incarnation.
struct JoinRequest {
  protocol @0 :UInt32;
  pid @1 :UInt64;
  host @2 :Text;
  program @3 :Text;         # version
  recipe @4 :Text;          # hash; empty: follows none
  http @5 :Text;            # HOST:PORT; empty: none
  admin @6 :Text;           # URL; empty: none
}

struct HeartbeatRequest {
  doing @0 :Text;
  doingForMs @1 :UInt64;
  waitsFor @2 :Text;
  version @3 :UInt64;       # policy version it works with
  leases @4 :UInt64;
  busyUs @5 :UInt64;
  tokens @6 :UInt64;
  draining @7 :Bool;
  unansweredBy @8 :Text;
  unansweredForMs @9 :UInt64;
}

struct LeaveRequest {
  why @0 :Text;
}

struct Instruction {        # join, heartbeat, leave
  what @0 :UInt8;           # 0 carry on, 1 join again, 2 drain, 3 leave
  why @1 :Text;
  refused @2 :Bool;
}

# Controller to learner; the epoch is that of the learner's stage.
struct LearnerRequest {     # load_stage, publish, pin, step, checkpoint
  epoch @0 :UInt64;
  stage @1 :UInt32;
  version @2 :UInt64;
  folder @3 :Text;
  withOptimizer @4 :Bool;
  branch @5 :UInt32;
  keep @6 :Bool;
  patienceMs @7 :UInt64;
}

struct LearnerReply {
  version @0 :UInt64;
  trainedAgain @1 :UInt64;
  stepped @2 :Bool;
  waitingFor @3 :Text;
  metrics @4 :Text;         # JSON
  checkpoint @5 :Data;      # CheckpointRecord; empty: none
}

# Rank 0 of a learner to another rank; the epoch is that of the learner's stage.
struct RankRequest {        # join_ranks, train_share, gather_share; load_share is a LearnerRequest
  epoch @0 :UInt64;
  version @1 :UInt64;
  dataCursor @2 :UInt64;
  groups @3 :List(Rollout.GroupId);
  meeting @4 :Text;         # HOST:PORT
  rank @5 :UInt32;
  ranks @6 :UInt32;         # how many there are
  deadlineMs @7 :UInt64;    # for one operation
}

struct DoneReply {}          # begin_stage, publish, pin, and all of a rank: done; what fails is answered with its error
