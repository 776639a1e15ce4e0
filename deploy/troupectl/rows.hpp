// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupectl/field.hpp"
#include "deploy/troupectl/open_store.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace troupe::ctl {

/// Kinds of things a store holds, as rows.
enum class noun : std::uint8_t { groups, samples, steps, datasets, leases, records };

std::span<const field> fields_of(noun what);
/// The kinds that a user names, in the order of `noun`: "groups", "samples", ...
const std::vector<std::string>& noun_names();
/// One of `noun_names`; anything else is error(invalid).
noun parse_noun(std::string_view text);

/// What to read.
struct selection {
  noun what = noun::samples;
  std::string dataset;        ///< of records; error(not_found) when there is none of that name
  bool with_payloads = false; ///< fill payload fields too
};

using row_visitor = std::function<bool(const row&)>;

/// In key order, so that two reads of one store give the same rows; stops when `visit` returns false.
void for_each_row(const opened_store& from, const selection& which, const row_visitor& visit);

row group_row(const opened_store& from, const group& g);

/// A group that has to be there: by its id, or by that as a text, `1t42`. error(not_found) when it is not,
/// error(invalid) for a text that is no id.
group find_group(const store::journal& in, const group_id& id);
group find_group(const store::journal& in, const std::string& id);

} // namespace troupe::ctl
