// SPDX-License-Identifier: Apache-2.0
#include "actors/weights_calls.hpp"

#include "runtime/wire/keys.hpp"
#include "schema/codec_frame.hpp"
#include "schema/weights.capnp.h"

namespace troupe::actors {

namespace {

void put(schema::PublicationId::Builder to, const publication_id& id) {
  to.setIncarnationHigh(id.life.high);
  to.setIncarnationLow(id.life.low);
  to.setNumber(id.number);
}
publication_id get(schema::PublicationId::Reader from) {
  return {{from.getIncarnationHigh(), from.getIncarnationLow()}, from.getNumber()};
}

void put(schema::ModelShape::Builder to, const gpu::model_shape& s) {
  to.setHiddenSize(s.hidden_size);
  to.setNumHiddenLayers(s.num_hidden_layers);
  to.setNumAttentionHeads(s.num_attention_heads);
  to.setNumKeyValueHeads(s.num_key_value_heads);
  to.setIntermediateSize(s.intermediate_size);
  to.setVocabSize(s.vocab_size);
  to.setMaxPositionEmbeddings(s.max_position_embeddings);
  to.setTieWordEmbeddings(s.tie_word_embeddings);
  to.setRopeTheta(frame::finite(s.rope_theta, "rope_theta"));
  to.setRmsNormEps(frame::finite(s.rms_norm_eps, "rms_norm_eps"));
  to.setInitializerRange(frame::finite(s.initializer_range, "initializer_range"));
}
/// What no model can have is refused where the weights are made.
gpu::model_shape get(schema::ModelShape::Reader from) {
  return {.hidden_size = from.getHiddenSize(),
          .num_hidden_layers = from.getNumHiddenLayers(),
          .num_attention_heads = from.getNumAttentionHeads(),
          .num_key_value_heads = from.getNumKeyValueHeads(),
          .intermediate_size = from.getIntermediateSize(),
          .vocab_size = from.getVocabSize(),
          .max_position_embeddings = from.getMaxPositionEmbeddings(),
          .rope_theta = frame::finite(from.getRopeTheta(), "rope_theta"),
          .rms_norm_eps = frame::finite(from.getRmsNormEps(), "rms_norm_eps"),
          .initializer_range = frame::finite(from.getInitializerRange(), "initializer_range"),
          .tie_word_embeddings = from.getTieWordEmbeddings()};
}

void put(schema::Publication::Builder to, const publication& p) {
  put(to.initId(), p.id);
  to.setStage(p.stage.value);
  to.setVersion(p.version.value);
  put(to.initShape(), p.shape);
  to.setWords(p.words);
  to.setChecksum(p.checksum);
  to.setFile(p.file);
  to.setChangesBytes(p.changes_bytes);
}
publication get(schema::Publication::Reader from) {
  publication p{.id = get(from.getId()),
                .stage = stage_index{from.getStage()},
                .version = policy_version{from.getVersion()},
                .shape = get(from.getShape()),
                .words = from.getWords(),
                .checksum = from.getChecksum(),
                .file = frame::text(from.getFile()),
                .changes_bytes = from.getChangesBytes()};
  if (p.id.number == 0 || p.words == 0 || p.words > UINT64_MAX / 4 || p.changes_bytes > 4 * p.words) {
    throw codec_error{"publication " + std::to_string(p.id.number) + " of " + std::to_string(p.words) + " words and " +
                      std::to_string(p.changes_bytes) + " bytes of changes"};
  }
  return p;
}

} // namespace

bool may_ask_weights(wire::role who, std::uint16_t kind) {
  return who == wire::role::generator && kind >= static_cast<std::uint16_t>(weights_call::describe) &&
         kind <= static_cast<std::uint16_t>(weights_call::chunk);
}

std::string encode(const describe_weights_request&) {
  return encode(await_weights_request{});
}
describe_weights_request decode_call(std::string_view bytes, of_type<describe_weights_request>) {
  return frame::open<schema::AwaitRequest>(bytes, [](auto) { return describe_weights_request{}; });
}

std::string encode(const describe_weights_reply& m) {
  return frame::make<schema::DescribeReply>([&](schema::DescribeReply::Builder to) {
    auto names = to.initNames(frame::size(m.tokenizer_files));
    auto contents = to.initContents(frame::size(m.tokenizer_files));
    capnp::uint i = 0;
    for (const auto& [name, content] : m.tokenizer_files) {
      names.set(i, name);
      contents.set(i++, frame::data(content));
    }
  });
}
describe_weights_reply decode_call(std::string_view bytes, of_type<describe_weights_reply>) {
  return frame::open<schema::DescribeReply>(bytes, [](schema::DescribeReply::Reader from) {
    const auto names = from.getNames();
    const auto contents = from.getContents();
    if (names.size() != contents.size()) {
      throw codec_error{std::to_string(names.size()) + " files with " + std::to_string(contents.size()) + " contents"};
    }
    describe_weights_reply m;
    for (capnp::uint i = 0; i < names.size(); ++i) {
      auto name = frame::text(names[i]);
      if (!wire::is_name(name)) { // it will be a file's, in a folder of the reader
        throw codec_error{"'" + name + "' names no file of a tokenizer"};
      }
      m.tokenizer_files[std::move(name)] = frame::text(contents[i]);
    }
    return m;
  });
}

std::string encode(const await_weights_request& m) {
  return frame::make<schema::AwaitRequest>([&](schema::AwaitRequest::Builder to) {
    put(to.initHave(), m.have);
    to.setHost(m.host);
    to.setWhole(m.whole);
    to.setStage(m.stage.value);
    to.setVersion(m.version.value);
  });
}
await_weights_request decode_call(std::string_view bytes, of_type<await_weights_request>) {
  return frame::open<schema::AwaitRequest>(bytes, [](schema::AwaitRequest::Reader from) {
    return await_weights_request{.have = get(from.getHave()),
                                 .host = frame::text(from.getHost()),
                                 .whole = from.getWhole(),
                                 .stage = stage_index{from.getStage()},
                                 .version = policy_version{from.getVersion()}};
  });
}

std::string encode(const await_weights_reply& m) {
  return frame::make<schema::AwaitReply>([&](schema::AwaitReply::Builder to) {
    to.setFound(m.found);
    if (m.found) {
      put(to.initPublication(), m.what);
    }
  });
}
await_weights_reply decode_call(std::string_view bytes, of_type<await_weights_reply>) {
  return frame::open<schema::AwaitReply>(bytes, [](schema::AwaitReply::Reader from) {
    await_weights_reply m{.found = from.getFound()};
    if (m.found) {
      m.what = get(from.getPublication());
    }
    return m;
  });
}

std::string encode(const weights_chunk_request& m) {
  return frame::make<schema::ChunkRequest>([&](schema::ChunkRequest::Builder to) {
    put(to.initId(), m.id);
    put(to.initBase(), m.base);
    to.setOffset(m.offset);
  });
}
weights_chunk_request decode_call(std::string_view bytes, of_type<weights_chunk_request>) {
  return frame::open<schema::ChunkRequest>(bytes, [](schema::ChunkRequest::Reader from) {
    return weights_chunk_request{.id = get(from.getId()), .base = get(from.getBase()), .offset = from.getOffset()};
  });
}

} // namespace troupe::actors
