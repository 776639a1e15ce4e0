// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/lineage.hpp"

#include "deploy/troupectl/sample_facts.hpp"
#include "runtime/metrics/time_text.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

namespace troupe::ctl {

namespace {

constexpr std::string_view file_prefix = "file:";
constexpr std::string_view foreign_prefix = "foreign:";

} // namespace

std::string lineage_fault(const store::journal& in, const dataset_record& r) {
  const auto name = to_string(*r.source);
  if (const auto g = in.find_group(r.source->group); g && g->forgotten_ms != 0) {
    return fmt::format("names sample {}, which retention forgot at {}", name, metrics::time_text(g->forgotten_ms));
  }
  const auto said = in.find_sample(*r.source);
  const auto asked = in.find_prompt(r.source->group);
  if (!said || !asked) {
    return fmt::format("names sample {}, which is not in the store", name);
  }
  if (said->text != r.completion) {
    return fmt::format("has another text than sample {}", name);
  }
  if (prompt_text(*asked) != r.prompt) {
    return fmt::format("has another prompt than sample {}", name);
  }
  return "";
}

bool is_foreign(const dataset_manifest& m) {
  return std::any_of(m.parents.begin(), m.parents.end(), [](const auto& p) { return p.starts_with(foreign_prefix); });
}

std::vector<std::string> missing_parents(const dataset_manifest& m, const std::set<std::string>& known) {
  std::vector<std::string> missing;
  std::copy_if(m.parents.begin(), m.parents.end(), std::back_inserter(missing), [&](const auto& p) {
    return !p.starts_with(file_prefix) && !p.starts_with(foreign_prefix) && !known.contains(p);
  });
  return missing;
}

std::string file_parent(const std::string& path, std::uint64_t hash, bool foreign) {
  return fmt::format("{}{}@xxh3:{:016x}", foreign ? foreign_prefix : file_prefix,
                     std::filesystem::path{path}.filename().string(), hash);
}

} // namespace troupe::ctl
