// SPDX-License-Identifier: Apache-2.0
#include "schema/codec.hpp"
#include "schema/codec_frame.hpp"
#include "schema/rollout.capnp.h"

namespace troupe {

namespace {

/// What must hold of a sample on both sides of the codec.
void check(const sample& s) {
  if (s.logprobs.size() != s.tokens.size() || s.loss_mask.size() != s.tokens.size()) {
    throw codec_error{"a sample of " + std::to_string(s.tokens.size()) + " tokens has " +
                      std::to_string(s.logprobs.size()) + " log-probabilities and a mask of " +
                      std::to_string(s.loss_mask.size())};
  }
  for (const auto logprob : s.logprobs) {
    frame::finite(logprob, "a log-probability");
  }
  std::uint32_t at = 0;
  for (const auto& part : s.segments) {
    if (part.begin != at || part.end < at) {
      throw codec_error{"a sample's segments do not follow one another"};
    }
    at = part.end;
  }
  if (at != s.tokens.size()) {
    throw codec_error{"a sample's segments cover " + std::to_string(at) + " of its " + std::to_string(s.tokens.size()) +
                      " tokens"};
  }
}

} // namespace

std::string encode(const prompt& value) {
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::Prompt>();
  to.setTask(value.task);
  to.setSplit(static_cast<std::uint8_t>(value.from));
  to.setIndex(value.index);
  to.setText(value.text);
  auto messages = to.initMessages(frame::size(value.messages));
  for (capnp::uint i = 0; i < messages.size(); ++i) {
    messages[i].setRole(value.messages[i].role);
    messages[i].setContent(value.messages[i].content);
  }
  to.setAnswer(value.answer);
  to.setMetadata(value.metadata);
  return frame::to_bytes(message);
}

template <>
prompt decode<prompt>(std::string_view bytes) {
  return frame::open<schema::Prompt>(bytes, [](schema::Prompt::Reader from) {
    prompt p{.task = frame::text(from.getTask()),
             .from = frame::to_enum(from.getSplit(), split::heldout, "a prompt's split"),
             .index = from.getIndex(),
             .text = frame::text(from.getText()),
             .messages = {},
             .answer = frame::text(from.getAnswer()),
             .metadata = frame::text(from.getMetadata())};
    for (const auto m : from.getMessages()) {
      p.messages.push_back({frame::text(m.getRole()), frame::text(m.getContent())});
    }
    return p;
  });
}

std::string encode(const sample& value) {
  check(value);
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::Sample>();
  to.setIndex(value.index);
  to.setTokens({value.tokens.data(), value.tokens.size()});
  to.setLogprobs({value.logprobs.data(), value.logprobs.size()});
  to.setLossMask({value.loss_mask.data(), value.loss_mask.size()});
  auto segments = to.initSegments(frame::size(value.segments));
  for (capnp::uint i = 0; i < segments.size(); ++i) {
    segments[i].setSource(static_cast<std::uint8_t>(value.segments[i].source));
    segments[i].setBegin(value.segments[i].begin);
    segments[i].setEnd(value.segments[i].end);
    segments[i].setVersion(value.segments[i].version.value);
  }
  to.setFinish(static_cast<std::uint8_t>(value.finish));
  to.setText(frame::data(value.text));
  return frame::to_bytes(message);
}

template <>
sample decode<sample>(std::string_view bytes) {
  return frame::open<schema::Sample>(bytes, [](schema::Sample::Reader from) {
    sample s{.index = from.getIndex(),
             .finish = frame::to_enum(from.getFinish(), finish_reason::cancelled, "a sample's finish reason"),
             .text = frame::text(from.getText())};
    for (const auto token : from.getTokens()) {
      s.tokens.push_back(token);
    }
    for (const auto logprob : from.getLogprobs()) {
      s.logprobs.push_back(logprob);
    }
    const auto mask = from.getLossMask();
    s.loss_mask.assign(mask.begin(), mask.end());
    for (const auto part : from.getSegments()) {
      s.segments.push_back({frame::to_enum(part.getSource(), segment_source::environment, "a segment's source"),
                            part.getBegin(), part.getEnd(), policy_version{part.getVersion()}});
    }
    check(s);
    return s;
  });
}

std::string encode(const judgement& value) {
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::Judgement>();
  to.setVerdict(static_cast<std::uint8_t>(value.verdict));
  to.setReward(frame::finite(value.reward, "a reward"));
  auto parts = to.initParts(frame::size(value.parts));
  for (capnp::uint i = 0; i < parts.size(); ++i) {
    parts[i].setName(value.parts[i].name);
    parts[i].setValue(frame::finite(value.parts[i].value, "a reward part's value"));
    parts[i].setWeight(frame::finite(value.parts[i].weight, "a reward part's weight"));
    parts[i].setVerdict(static_cast<std::uint8_t>(value.parts[i].verdict));
    parts[i].setReason(value.parts[i].reason);
  }
  return frame::to_bytes(message);
}

template <>
judgement decode<judgement>(std::string_view bytes) {
  return frame::open<schema::Judgement>(bytes, [](schema::Judgement::Reader from) {
    judgement j{.verdict = frame::to_enum(from.getVerdict(), verdict_kind::undecided, "a verdict"),
                .reward = frame::finite(from.getReward(), "a reward")};
    for (const auto part : from.getParts()) {
      j.parts.push_back({frame::text(part.getName()), frame::finite(part.getValue(), "a reward part's value"),
                         frame::finite(part.getWeight(), "a reward part's weight"),
                         frame::to_enum(part.getVerdict(), verdict_kind::undecided, "a part's verdict"),
                         frame::text(part.getReason())});
    }
    return j;
  });
}

} // namespace troupe
