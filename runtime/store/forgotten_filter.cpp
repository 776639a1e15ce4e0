// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/forgotten_filter.hpp"

#include "runtime/store/keys.hpp"

#include <algorithm>

namespace troupe::store {

namespace {

using ids = std::shared_ptr<const std::vector<group_id>>;

class filter : public rocksdb::CompactionFilter {
public:
  explicit filter(ids forgotten) : forgotten_(std::move(forgotten)) {}

  const char* Name() const override { return "troupe.forgotten"; }
  Decision FilterV2(int, const rocksdb::Slice& key, ValueType, const rocksdb::Slice&, std::string*,
                    std::string*) const override {
    return decide(key);
  }
  Decision FilterBlobByKey(int, const rocksdb::Slice& key, std::string*, std::string*) const override {
    return decide(key); // so that no blob is read for it
  }

private:
  Decision decide(const rocksdb::Slice& key) const {
    const auto id = parse_payload_key(key.ToStringView());
    const bool gone = id && std::binary_search(forgotten_->begin(), forgotten_->end(), id->group);
    return gone ? Decision::kRemove : Decision::kKeep;
  }

  const ids forgotten_;
};

} // namespace

void forgotten_filter::drop(std::vector<group_id> forgotten) {
  forgotten_.store(std::make_shared<const std::vector<group_id>>(std::move(forgotten)));
}

std::unique_ptr<rocksdb::CompactionFilter>
forgotten_filter::CreateCompactionFilter(const rocksdb::CompactionFilter::Context&) {
  auto now = forgotten_.load();
  return now == nullptr || now->empty() ? nullptr : std::make_unique<filter>(std::move(now));
}

} // namespace troupe::store
