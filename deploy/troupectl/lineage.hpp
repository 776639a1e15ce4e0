// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/store/journal.hpp"

#include <set>
#include <string>
#include <vector>

/// Where the records of a dataset come from.
namespace troupe::ctl {

/// What is wrong with the source that a record names: "names sample 0c0/7, which is not in the store", "has another
/// text than ..."; empty when it resolves. Precondition: it names one.
std::string lineage_fault(const store::journal& in, const dataset_record& r);

/// Whether a manifest says that some of its records name no sample of this store.
bool is_foreign(const dataset_manifest& m);

/// Of the datasets that a manifest names as its parents, those that `known` ("name@version") lacks.
std::vector<std::string> missing_parents(const dataset_manifest& m, const std::set<std::string>& known);

/// Names the file that a dataset was imported from, as its parent.
std::string file_parent(const std::string& path, std::uint64_t hash, bool foreign);

} // namespace troupe::ctl
