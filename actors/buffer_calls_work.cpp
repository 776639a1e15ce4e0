// SPDX-License-Identifier: Apache-2.0
// What workers and learner say: leases, samples, verdicts, commits.
#include "actors/buffer_calls.hpp"
#include "actors/buffer_calls_frame.hpp"

namespace troupe::actors {

using troupe::decode, troupe::encode;

namespace {

std::string lease_request(const worker_name& who, std::uint32_t max_groups, epoch learner, lease_id lease) {
  return frame::make<schema::LeaseRequest>([&](schema::LeaseRequest::Builder to) {
    frame::put(to.initWho(), who);
    to.setMaxGroups(max_groups);
    to.setEpoch(learner.value);
    to.setLease(lease.value);
  });
}

template <class Read>
auto open_lease(std::string_view bytes, Read read) {
  return frame::open<schema::LeaseRequest>(
      bytes, [&](schema::LeaseRequest::Reader from) { return read(from, frame::get(from.getWho())); });
}

void put_group(schema::GroupWork::Builder to, const group& what, const prompt& asked) {
  const auto g = encode(what), p = encode(asked);
  to.setGroup(frame::data(g));
  to.setPrompt(frame::data(p));
}

template <class Work>
void put_samples(schema::GroupWork::Builder to, const Work& from) {
  put_group(to, from.what, from.asked);
  frame::put_records(to.initSamples(frame::size(from.samples)), from.samples);
}

group group_in(schema::GroupWork::Reader from) {
  auto g = decode<group>(frame::bytes_of(from.getGroup()));
  const auto fits = [&](std::size_t n) { return n == 0 || n == g.members.size(); };
  if (!fits(from.getSamples().size()) || !fits(from.getJudgements().size())) {
    throw codec_error{"a group of " + std::to_string(g.members.size()) + " members comes with " +
                      std::to_string(from.getSamples().size()) + " samples and " +
                      std::to_string(from.getJudgements().size()) + " verdicts"};
  }
  return g;
}
prompt prompt_in(schema::GroupWork::Reader from) {
  return decode<prompt>(frame::bytes_of(from.getPrompt()));
}

void put_sampled(capnp::List<schema::SubmittedSample>::Builder to, const std::vector<sampled>& from) {
  for (capnp::uint i = 0; i < to.size(); ++i) {
    const auto bytes = encode(from[i].what);
    to[i].setLease(from[i].lease.value);
    frame::put(to[i].initGroup(), from[i].of);
    to[i].setSample(frame::data(bytes));
  }
}
payload<std::vector<sampled>> sampled_in(capnp::List<schema::SubmittedSample>::Reader from) {
  auto all = std::make_shared<std::vector<sampled>>();
  for (const auto one : from) {
    all->push_back({lease_id{one.getLease()}, frame::get_group_id(one.getGroup()),
                    decode<sample>(frame::bytes_of(one.getSample()))});
  }
  return all;
}

} // namespace

std::string encode(const lease_prompts_request& m) {
  return lease_request(m.who, m.max_groups, {}, {});
}
lease_prompts_request decode_call(std::string_view bytes, of_type<lease_prompts_request>) {
  return open_lease(bytes, [](auto from, worker_name who) {
    return lease_prompts_request{std::move(who), from.getMaxGroups()};
  });
}

std::string encode(const lease_prompts_reply& m) {
  return frame::make<schema::LeaseReply>([&](schema::LeaseReply::Builder to) {
    to.setLease(m.lease.value);
    to.setRenewEveryMs(static_cast<std::uint32_t>(m.renew_every.count()));
    auto groups = to.initGroups(frame::size(*m.work));
    for (capnp::uint i = 0; i < groups.size(); ++i) {
      const auto& one = (*m.work)[i];
      put_group(groups[i], one.what, one.asked);
      frame::put(groups[i].initSampling(), one.sampling);
      groups[i].setNotBefore(one.not_before.value);
      frame::put_records(groups[i].initPartials(frame::size(one.partials)), one.partials);
    }
  });
}
lease_prompts_reply decode_call(std::string_view bytes, of_type<lease_prompts_reply>) {
  return frame::open<schema::LeaseReply>(bytes, [](schema::LeaseReply::Reader from) {
    auto work = std::make_shared<std::vector<prompt_work>>();
    for (const auto one : from.getGroups()) {
      work->push_back({.what = group_in(one),
                       .asked = prompt_in(one),
                       .sampling = frame::get(one.getSampling()),
                       .not_before = policy_version{one.getNotBefore()},
                       .partials = frame::get_records<sample>(one.getPartials())});
    }
    return lease_prompts_reply{lease_id{from.getLease()}, std::move(work),
                               std::chrono::milliseconds{from.getRenewEveryMs()}};
  });
}

std::string encode(const submit_samples_request& m) {
  return frame::make<schema::SubmitSamplesRequest>([&](schema::SubmitSamplesRequest::Builder to) {
    frame::put(to.initWho(), m.who);
    put_sampled(to.initSamples(frame::size(*m.samples)), *m.samples);
  });
}
submit_samples_request decode_call(std::string_view bytes, of_type<submit_samples_request>) {
  return frame::open<schema::SubmitSamplesRequest>(bytes, [](schema::SubmitSamplesRequest::Reader from) {
    return submit_samples_request{frame::get(from.getWho()), sampled_in(from.getSamples())};
  });
}

std::string encode(const write_reply& m) {
  return frame::make<schema::NumberReply>([&](auto to) { to.setValue(static_cast<std::uint64_t>(m.result)); });
}
write_reply decode_call(std::string_view bytes, of_type<write_reply>) {
  return frame::open<schema::NumberReply>(bytes, [](auto from) {
    const auto number = static_cast<std::uint8_t>(std::min<std::uint64_t>(from.getValue(), UINT8_MAX));
    return write_reply{frame::to_enum(number, rollout::submit_result::fenced, "the result of a submission")};
  });
}

std::string encode(const lease_generated_request& m) {
  return lease_request(m.who, m.max_groups, {}, {});
}
lease_generated_request decode_call(std::string_view bytes, of_type<lease_generated_request>) {
  return open_lease(bytes, [](auto from, worker_name who) {
    return lease_generated_request{std::move(who), from.getMaxGroups()};
  });
}

std::string encode(const lease_generated_reply& m) {
  return frame::make<schema::LeaseReply>([&](schema::LeaseReply::Builder to) {
    to.setLease(m.lease.value);
    to.setRenewEveryMs(static_cast<std::uint32_t>(m.renew_every.count()));
    auto groups = to.initGroups(frame::size(*m.groups));
    for (capnp::uint i = 0; i < groups.size(); ++i) {
      put_samples(groups[i], (*m.groups)[i]);
    }
  });
}
lease_generated_reply decode_call(std::string_view bytes, of_type<lease_generated_reply>) {
  return frame::open<schema::LeaseReply>(bytes, [](schema::LeaseReply::Reader from) {
    auto groups = std::make_shared<std::vector<generated_group>>();
    for (const auto one : from.getGroups()) {
      groups->push_back({group_in(one), prompt_in(one), frame::get_records<sample>(one.getSamples())});
    }
    return lease_generated_reply{lease_id{from.getLease()}, std::move(groups),
                                 std::chrono::milliseconds{from.getRenewEveryMs()}};
  });
}

std::string encode(const submit_verdict_request& m) {
  return frame::make<schema::SubmitVerdictRequest>([&](schema::SubmitVerdictRequest::Builder to) {
    frame::put(to.initWho(), m.who);
    auto groups = to.initGroups(frame::size(*m.groups));
    for (capnp::uint i = 0; i < groups.size(); ++i) {
      const auto& one = (*m.groups)[i];
      groups[i].setLease(one.lease.value);
      frame::put(groups[i].initGroup(), one.of);
      frame::put_records(groups[i].initJudgements(frame::size(one.judgements)), one.judgements);
    }
  });
}
submit_verdict_request decode_call(std::string_view bytes, of_type<submit_verdict_request>) {
  return frame::open<schema::SubmitVerdictRequest>(bytes, [](schema::SubmitVerdictRequest::Reader from) {
    auto groups = std::make_shared<std::vector<judged_group>>();
    for (const auto one : from.getGroups()) {
      groups->push_back({lease_id{one.getLease()}, frame::get_group_id(one.getGroup()),
                         frame::get_records<judgement>(one.getJudgements())});
    }
    return submit_verdict_request{frame::get(from.getWho()), std::move(groups)};
  });
}

std::string encode(const hand_back_request& m) {
  return frame::make<schema::LeaseRequest>([&](schema::LeaseRequest::Builder to) {
    frame::put(to.initWho(), m.who);
    to.setLease(m.lease.value);
    to.setWhy(m.why);
    if (m.partials) {
      put_sampled(to.initPartials(frame::size(*m.partials)), *m.partials);
    }
  });
}
hand_back_request decode_call(std::string_view bytes, of_type<hand_back_request>) {
  return open_lease(bytes, [](auto from, worker_name who) {
    return hand_back_request{std::move(who), lease_id{from.getLease()}, frame::text(from.getWhy()),
                             sampled_in(from.getPartials())};
  });
}

std::string encode(const renew_request& m) {
  return lease_request(m.who, 0, {}, m.lease);
}
renew_request decode_call(std::string_view bytes, of_type<renew_request>) {
  return open_lease(bytes, [](auto from, worker_name who) {
    return renew_request{std::move(who), lease_id{from.getLease()}};
  });
}

std::string encode(const worker_lost_request& m) {
  return lease_request(m.who, 0, {}, {});
}
worker_lost_request decode_call(std::string_view bytes, of_type<worker_lost_request>) {
  return open_lease(bytes, [](auto, worker_name who) { return worker_lost_request{std::move(who)}; });
}

std::string encode(const lease_batch_request& m) {
  return lease_request(m.who, 0, m.learner, {});
}
lease_batch_request decode_call(std::string_view bytes, of_type<lease_batch_request>) {
  return open_lease(bytes, [](auto from, worker_name who) {
    return lease_batch_request{std::move(who), epoch{from.getEpoch()}};
  });
}

std::string encode(const lease_batch_reply& m) {
  return frame::make<schema::LeaseReply>([&](schema::LeaseReply::Builder to) {
    to.setLease(m.lease.value);
    to.setWaitingFor(m.waiting_for);
    to.setFound(m.what != nullptr);
    if (m.what == nullptr) {
      return;
    }
    to.setDataCursor(m.what->data_cursor);
    auto groups = to.initGroups(frame::size(m.what->groups));
    for (capnp::uint i = 0; i < groups.size(); ++i) {
      const auto& one = m.what->groups[i];
      put_samples(groups[i], one);
      frame::put_records(groups[i].initJudgements(frame::size(one.judgements)), one.judgements);
    }
  });
}
lease_batch_reply decode_call(std::string_view bytes, of_type<lease_batch_reply>) {
  return frame::open<schema::LeaseReply>(bytes, [](schema::LeaseReply::Reader from) {
    lease_batch_reply m{.lease = lease_id{from.getLease()}, .waiting_for = frame::text(from.getWaitingFor())};
    if (from.getFound()) {
      auto what = std::make_shared<batch>();
      what->data_cursor = from.getDataCursor();
      for (const auto one : from.getGroups()) {
        what->groups.push_back({group_in(one), prompt_in(one), frame::get_records<sample>(one.getSamples()),
                                frame::get_records<judgement>(one.getJudgements())});
      }
      m.what = std::move(what);
    }
    return m;
  });
}

std::string encode(const commit_request& m) {
  return frame::make<schema::CommitRequest>([&](schema::CommitRequest::Builder to) {
    const auto step = encode(*m.step);
    frame::put(to.initWho(), m.who);
    to.setEpoch(m.learner.value);
    to.setLease(m.lease.value);
    to.setStep(frame::data(step));
  });
}
commit_request decode_call(std::string_view bytes, of_type<commit_request>) {
  return frame::open<schema::CommitRequest>(bytes, [](schema::CommitRequest::Reader from) {
    return commit_request{frame::get(from.getWho()), epoch{from.getEpoch()}, lease_id{from.getLease()},
                          std::make_shared<step_record>(decode<step_record>(frame::bytes_of(from.getStep())))};
  });
}

} // namespace troupe::actors
