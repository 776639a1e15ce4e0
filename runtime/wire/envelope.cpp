// SPDX-License-Identifier: Apache-2.0
#include "runtime/wire/envelope.hpp"

#include "schema/codec_frame.hpp"
#include "schema/wire.capnp.h"

#include <algorithm>
#define XXH_STATIC_LINKING_ONLY // the state's size, for one on the stack
#include <xxhash.h>

namespace troupe::wire {

namespace {

constexpr std::uint32_t magic = 0x54525550;
constexpr std::size_t name_bytes_max = 256;
constexpr std::size_t text_bytes_max = 1024;

std::string bounded(capnp::Text::Reader text, std::size_t bytes_max, const char* what) {
  if (text.size() > bytes_max) {
    throw codec_error{std::string{what} + " of " + std::to_string(text.size()) + " bytes"};
  }
  return frame::text(text);
}

} // namespace

std::string encode(const envelope& value) {
  std::array<capnp::word, 256> scratch{}; // must be zero; enough for all but long texts
  capnp::MallocMessageBuilder message{kj::arrayPtr(scratch.data(), scratch.size())};
  auto to = message.initRoot<schema::Envelope>();
  to.setMagic(magic);
  to.setVersion(value.version);
  to.setWhat(static_cast<std::uint8_t>(value.what));
  to.setRole(static_cast<std::uint8_t>(value.as));
  to.setKind(value.kind);
  to.setErrorCode(value.code);
  to.setIncarnationHigh(value.life.high);
  to.setIncarnationLow(value.life.low);
  to.setClient(value.client);
  to.setSequence(value.sequence);
  to.setSettled(value.settled);
  to.setCredit(value.credit);
  to.setName(value.name.substr(0, name_bytes_max));
  to.setText(value.text.substr(0, text_bytes_max));
  auto sizes = to.initPartSizes(frame::size(value.part_sizes));
  for (capnp::uint i = 0; i < sizes.size(); ++i) {
    sizes.set(i, value.part_sizes[i]);
  }
  to.setChecksum(value.checksum);
  return frame::to_bytes(message);
}

envelope decode_envelope(std::string_view bytes) {
  if (bytes.size() > envelope_bytes_max) {
    throw codec_error{"an envelope of " + std::to_string(bytes.size()) + " bytes"};
  }
  return frame::open<schema::Envelope>(bytes, [](schema::Envelope::Reader from) {
    if (from.getMagic() != magic) {
      throw codec_error{"not an envelope: its first word is another"};
    }
    envelope head;
    head.version = from.getVersion();
    head.sequence = from.getSequence();
    if (head.version != protocol_version) {
      return head; // what else it says may mean something else
    }
    head.what = frame::to_enum(from.getWhat(), purport::cancel, "an envelope's purport");
    if (head.what < purport::hello) {
      throw codec_error{"an envelope without purport"};
    }
    head.as = frame::to_enum(from.getRole(), role::admin_operate, "an envelope's role");
    head.kind = from.getKind();
    head.code = from.getErrorCode();
    head.life = {from.getIncarnationHigh(), from.getIncarnationLow()};
    head.client = from.getClient();
    head.settled = from.getSettled();
    head.credit = from.getCredit();
    head.name = bounded(from.getName(), name_bytes_max, "a name");
    head.text = bounded(from.getText(), text_bytes_max, "a text");
    const auto sizes = from.getPartSizes();
    if (sizes.size() > parts_max) {
      throw codec_error{"an envelope of " + std::to_string(sizes.size()) + " parts"};
    }
    for (const auto size : sizes) {
      head.part_sizes.push_back(size);
    }
    head.checksum = from.getChecksum();
    return head;
  });
}

void describe(envelope& head, const std::vector<part>& parts) {
  head.part_sizes.clear();
  for (const auto& p : parts) {
    head.part_sizes.push_back(p->size());
  }
  head.checksum = checksum(parts);
}

bool sizes_match(const envelope& head, const std::vector<part>& parts) noexcept {
  return std::equal(head.part_sizes.begin(), head.part_sizes.end(), parts.begin(), parts.end(),
                    [](std::uint64_t size, const part& p) { return size == p->size(); });
}

std::uint64_t checksum(const std::vector<part>& parts) noexcept {
  if (parts.size() == 1) { // the same number, sooner
    return XXH3_64bits(parts.front()->data(), parts.front()->size());
  }
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  for (const auto& p : parts) {
    XXH3_64bits_update(&state, p->data(), p->size());
  }
  return XXH3_64bits_digest(&state);
}

error to_error(const envelope& refusal) {
  return error{errc_of(refusal.code).value_or(errc::failed), refusal.text};
}

} // namespace troupe::wire
