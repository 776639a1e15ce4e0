// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/messages.hpp"
#include "schema/buffer.capnp.h"
#include "schema/codec_frame.hpp"

/// What the codecs of the buffer's requests and replies share.
namespace troupe::actors::frame {

using namespace troupe::frame;
using troupe::frame::put; // beside those below

inline void put(schema::Worker::Builder to, const worker_name& who) {
  to.setName(who.name);
  to.setIncarnationHigh(who.life.high);
  to.setIncarnationLow(who.life.low);
}
inline worker_name get(schema::Worker::Reader from) {
  return {troupe::frame::text(from.getName()), {from.getIncarnationHigh(), from.getIncarnationLow()}};
}

inline void put(schema::Sampling::Builder to, const sampling_plan& plan) {
  to.setTemperature(finite(plan.temperature, "a temperature"));
  to.setTopP(finite(plan.top_p, "top_p"));
  to.setTopK(plan.top_k);
  to.setMaxNewTokens(plan.max_new_tokens);
}
inline sampling_plan get(schema::Sampling::Reader from) {
  return {.temperature = finite(from.getTemperature(), "a temperature"),
          .top_p = finite(from.getTopP(), "top_p"),
          .top_k = from.getTopK(),
          .max_new_tokens = from.getMaxNewTokens()};
}

/// A list of records, each as the store's bytes.
template <class List, class Records>
void put_records(List to, const Records& records) {
  for (capnp::uint i = 0; i < to.size(); ++i) {
    const auto bytes = encode(records[i]);
    to.set(i, data(bytes));
  }
}
inline std::string_view bytes_of(capnp::Data::Reader d) {
  return {reinterpret_cast<const char*>(d.begin()), d.size()};
}
template <class Record, class List>
std::vector<Record> get_records(List from) {
  std::vector<Record> all;
  all.reserve(from.size());
  for (const capnp::Data::Reader one : from) {
    all.push_back(decode<Record>(bytes_of(one)));
  }
  return all;
}
template <class Record, class List>
payload<std::vector<Record>> share_records(List from) {
  return std::make_shared<std::vector<Record>>(get_records<Record>(from));
}

} // namespace troupe::actors::frame
