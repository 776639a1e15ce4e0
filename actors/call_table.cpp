// SPDX-License-Identifier: Apache-2.0
#include "actors/call_table.hpp"

#include "schema/codec_frame.hpp"
#include "schema/control.capnp.h"

namespace troupe::actors {

std::string encode(const done_reply&) {
  return frame::make<schema::DoneReply>([](auto) {});
}
done_reply decode_call(std::string_view bytes, of_type<done_reply>) {
  return frame::open<schema::DoneReply>(bytes, [](auto) { return done_reply{}; });
}

} // namespace troupe::actors
