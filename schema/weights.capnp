# What a generator asks of the learner, when they are processes of their own: which weights there are, and the weights
# themselves, as 32-bit words of one flat buffer. One struct a message, the only part of a wire message whose kind is the
# request's number in actors/weights_calls.hpp; the reply to a chunk is the bytes alone. Lost: the sender asks again; asked
# twice, the answers are equally true.
@0xd1a6e0f4b27c9358;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("troupe::schema");

# One publication of a version. After a learner's restart the same version may have other words under another id.
struct PublicationId {
  incarnationHigh @0 :UInt64; # of the learner; all 0: none
  incarnationLow @1 :UInt64;
  number @2 :UInt64;          # counts within the incarnation, from 1
}

struct ModelShape {           # keys as in config.json
  hiddenSize @0 :UInt32;
  numHiddenLayers @1 :UInt32;
  numAttentionHeads @2 :UInt32;
  numKeyValueHeads @3 :UInt32;
  intermediateSize @4 :UInt32;
  vocabSize @5 :UInt32;
  maxPositionEmbeddings @6 :UInt32;
  tieWordEmbeddings @7 :Bool;
  ropeTheta @8 :Float64;
  rmsNormEps @9 :Float64;
  initializerRange @10 :Float64;
}

struct Publication {
  id @0 :PublicationId;
  stage @1 :UInt32;
  version @2 :UInt64;
  shape @3 :ModelShape;
  words @4 :UInt64;           # 32-bit words of the flat buffer
  checksum @5 :UInt64;        # xxh3 over them
  file @6 :Text;              # a version file that the asker's host can map; empty: none
  changesBytes @7 :UInt64;    # encoded changes against what the asker has; 0: ask for the words
}

struct DescribeReply {        # describe; its request is an AwaitRequest that nobody reads
  names @0 :List(Text);       # of the tokenizer folder's files
  contents @1 :List(Data);
}

struct AwaitRequest {         # await_latest, fetch
  have @0 :PublicationId;     # the asker's own latest
  host @1 :Text;              # where the asker runs; empty: wants no file
  whole @2 :Bool;             # wants no changes either
  stage @3 :UInt32;           # fetch: which
  version @4 :UInt64;
}

struct AwaitReply {
  found @0 :Bool;             # false: nothing new within the server's patience
  publication @1 :Publication;
}

struct ChunkRequest {
  id @0 :PublicationId;
  base @1 :PublicationId;     # of the changes; none: the words themselves
  offset @2 :UInt64;          # bytes
}
