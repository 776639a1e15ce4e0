// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/data/descriptor.hpp"

#include <string>

/// How `troupectl --run` reaches the process of a live run: a unix socket RUN/control.sock, for its owner alone. One
/// JSON object a line each way. Asked {"ask":"checkpoint"}, the process answers {"folder":PATH}, a copy (hard links) of
/// its store that lives as long as the connection, or {"code":N,"error":TEXT}, N as in troupe::errc.
namespace troupe::live {

inline constexpr const char* socket_name = "control.sock";
inline constexpr const char* copies_name = "copies"; ///< RUN/copies/N: what was asked for
inline constexpr std::size_t longest_line = 4096;    ///< bytes; a peer that says more is hung up on

using data::descriptor;

/// Listens at FOLDER/control.sock, replacing what an earlier process left there. The caller is the only process that
/// may do so: it holds the store's lock. A path longer than an address holds is no obstacle. Throws error(failed).
descriptor listen_in(const std::string& folder);

/// Connected to FOLDER/control.sock; none when nobody listens there. Throws error(unavailable) when it takes longer
/// than `seconds`, which also bounds each later read and write.
descriptor connect_to(const std::string& folder, int seconds);

} // namespace troupe::live
