// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupectl/arguments.hpp"

#include <CLI/App.hpp>
#include <string>
#include <vector>

/// The command line of troupectl: which verbs there are and what each takes. `a` gets what was said, and outlives
/// `app`.
namespace troupe::ctl {

/// --run, --store, --endpoint, --context, --keys, --as.
void define_places(CLI::App& app, arguments_read& a);
/// -o
void define_format(CLI::App& app, arguments_read& a);
/// Verbs that answer from a store: what a live store can be asked by others, too.
void define_readers(CLI::App& app, arguments_read& a);
/// Verbs that change a store, or tend it.
void define_writers(CLI::App& app, arguments_read& a);
/// Verbs of a live cluster.
void define_cluster_verbs(CLI::App& app, arguments_read& a);
/// Verbs about troupectl itself: context, completion.
void define_own_verbs(CLI::App& app, arguments_read& a);

/// A verb, whose help ends in an example, and what it does.
CLI::App* verb(CLI::App& app, arguments_read& a, const std::string& name, const std::string& help,
               const std::string& example, act does);

/// --interval and --for, of a verb that goes on.
void add_pace(CLI::App* sub, arguments_read& a);

/// The verb that was parsed as words again, without what says where: for another program that has the same readers.
std::vector<std::string> words_of(const CLI::App& verb, const arguments_read& a);

} // namespace troupe::ctl
