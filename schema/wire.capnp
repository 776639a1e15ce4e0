# The first frame of every message between processes. How this file may change: schema/README.md.
@0xc4d1f0a86b7e3529;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("troupe::schema");

# What stands before the parts of a message. Sender and receiver: client and server of runtime/wire. A request that got no
# reply is sent again with the same incarnation, client and sequence; the server answers it once.
struct Envelope {
  magic @0 :UInt32;           # 0x54525550
  version @1 :UInt16;         # of the protocol
  what @2 :UInt8;             # 1 hello, 2 welcome, 3 request, 4 reply, 5 refuse, 6 greet, 7 cancel
  role @3 :UInt8;             # of the sender of a hello
  kind @4 :UInt16;            # meaning of the parts, the caller's own
  errorCode @5 :UInt8;        # of a refuse: errc
  incarnationHigh @6 :UInt64; # of the sender
  incarnationLow @7 :UInt64;
  client @8 :UInt32;          # number of the client among those of its process
  sequence @9 :UInt64;        # from 1; 0 in a refuse: of the hello
  settled @10 :UInt64;        # the client waits for nothing below this sequence
  credit @11 :UInt64;         # bytes, in a welcome
  name @12 :Text;             # of the sender of a hello
  text @13 :Text;             # of a refuse: what was wrong and what to do
  partSizes @14 :List(UInt64); # bytes of each frame that follows
  checksum @15 :UInt64;       # xxh3 over the parts, one after the other
}
