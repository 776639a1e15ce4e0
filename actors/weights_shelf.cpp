// SPDX-License-Identifier: Apache-2.0
#include "actors/weights_shelf.hpp"

#include "runtime/error.hpp"
#include "runtime/weights/changed_words.hpp"

#include <algorithm>
#include <set>

namespace troupe::actors {

namespace {

constexpr std::chrono::seconds reader_rests{5}; // a reader that asks for nothing so long has gone

/// Where so many words have changed, encoding them costs time and saves hardly a byte. Looks at a thousandth of them.
bool mostly_changed(std::span<const std::uint32_t> base, std::span<const std::uint32_t> now) {
  const std::size_t stride = std::max<std::size_t>(1, now.size() / std::max<std::size_t>(1024, now.size() / 1024));
  std::size_t seen = 0;
  std::size_t changed = 0;
  for (std::size_t i = 0; i < now.size(); i += stride, ++seen) {
    changed += base[i] != now[i] ? 1 : 0;
  }
  return changed * 4 > seen * 3;
}

} // namespace

weights_shelf::weights_shelf(const weights_door::options& o)
    : board_(o.board), backend_(o.backend), life_(o.life), host_(weights::host_name()) {
  if (o.shm_folder.empty() || host_.empty()) {
    return;
  }
  try {
    folder_.emplace(o.shm_folder, o.life);
  } catch (const error& e) { // everybody gets the words over the wire
    ++counts_.file_failures;
    counts_.last_failure = e.what();
  }
}

void weights_shelf::refresh(time_point now) {
  const auto all = board_->all_published();
  const auto latest = board_->latest_published().number;
  if (latest != latest_) {
    before_ = changes_wanted_ ? latest_ : 0;
    latest_ = latest;
    changes_.reset();
  }
  std::set<std::uint64_t> keep;
  for (const auto& one : all) {
    keep.insert(one.number);
    entries_.try_emplace(one.number, entry{one, std::nullopt});
  }
  on_board_ = keep.size();
  if (folder_) {
    folder_->keep_only(keep);
  }
  if (now - read_at_ < reader_rests) {
    keep.insert(reading_);
  }
  keep.insert(before_);
  std::erase_if(entries_, [&](const auto& one) { return !keep.contains(one.first); });
}

std::optional<publication> weights_shelf::latest_for(const await_weights_request& r) {
  const auto it = entries_.find(latest_);
  if (it == entries_.end() || r.have == publication_id{life_, latest_}) {
    return std::nullopt;
  }
  return describe(it->second, r);
}

std::optional<publication> weights_shelf::find_for(const await_weights_request& r) {
  const auto wanted = board_->find(r.stage, r.version);
  for (auto& [number, e] : entries_) {
    if (wanted && e.what.what == wanted) {
      return describe(e, r);
    }
  }
  return std::nullopt;
}

publication weights_shelf::describe(entry& e, const await_weights_request& r) {
  const auto& w = *e.what.what;
  publication p{.id = {life_, e.what.number},
                .stage = e.what.stage,
                .version = w.version(),
                .shape = backend_->shape(w),
                .words = w.words().size()};
  const bool filed = r.host == host_ && offer_file(e, p);
  if (!e.checksum) {
    e.checksum = w.checksum();
  }
  p.checksum = *e.checksum;
  if (!filed && !r.whole) {
    changes_wanted_ = true;
    p.changes_bytes = e.what.number == latest_ ? changes_since(r.have) : 0;
  }
  ++counts_.described;
  return p;
}

bool weights_shelf::offer_file(entry& e, publication& p) {
  if (!folder_ || e.what.number == without_file_) {
    return false;
  }
  try {
    const bool there = folder_->has(e.what.number);
    const auto file = folder_->add(e.what.number, {p.stage, p.version}, e.what.what->words());
    counts_.files += there ? 0 : 1;
    e.checksum = file.checksum;
    p.file = file.path;
    return true;
  } catch (const error& why) {
    without_file_ = e.what.number;
    ++counts_.file_failures;
    counts_.last_failure = why.what();
    return false;
  }
}

/// Bytes of the changes from the publication before, when that is what the asker has; 0 when they are not worth it.
std::uint64_t weights_shelf::changes_since(const publication_id& have) {
  const auto base = entries_.find(have.number);
  if (have.life != life_ || have.number != before_ || base == entries_.end()) {
    return 0;
  }
  if (!changes_) {
    changes_ = encoded_changes{.base = before_, .to = latest_, .bytes = {}};
    const auto from = base->second.what.what->words();
    const auto to = entries_.at(latest_).what.what->words();
    if (from.size() == to.size() && !mostly_changed(from, to)) {
      auto bytes = weights::encode_changes(from, to);
      ++counts_.changes;
      if (bytes.size() < to.size_bytes()) {
        changes_->bytes = std::move(bytes);
      }
    }
  }
  return changes_->bytes.size();
}

std::string weights_shelf::chunk(const weights_chunk_request& r, time_point now) {
  const auto gone = [] {
    return error{errc::not_found, "this publication of the weights is no longer here; ask for the latest"};
  };
  std::string_view all;
  if (r.base.number != 0) {
    if (!changes_ || r.id != publication_id{life_, changes_->to} || r.base != publication_id{life_, changes_->base}) {
      throw gone();
    }
    all = changes_->bytes;
  } else {
    const auto it = entries_.find(r.id.number);
    if (r.id.life != life_ || it == entries_.end()) {
      throw gone();
    }
    if (reading_ == r.id.number || now - read_at_ >= reader_rests) {
      reading_ = r.id.number;
      read_at_ = now;
    }
    const auto words = it->second.what.what->words();
    all = {reinterpret_cast<const char*>(words.data()), words.size_bytes()};
  }
  if (r.offset >= all.size()) {
    throw error{errc::invalid, "a chunk from byte " + std::to_string(r.offset) + " of " + std::to_string(all.size())};
  }
  auto bytes = std::string{all.substr(r.offset, chunk_bytes)};
  ++counts_.chunks;
  counts_.chunk_bytes += bytes.size();
  return bytes;
}

} // namespace troupe::actors
