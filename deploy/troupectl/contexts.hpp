// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/troupectl/arguments.hpp"

#include <iosfwd>
#include <map>
#include <string>

namespace troupe::ctl {

/// Names for places, kept for one user in $XDG_CONFIG_HOME/troupe/contexts.json (else ~/.config/...), mode 0600:
/// {"current":NAME,"contexts":{NAME:{"run" or "endpoint","keys","as"}}}.
class contexts {
public:
  /// Reads the file; none is as good as an empty one. Throws error(invalid) for one that cannot be read.
  contexts();

  void add(const std::string& name, const place_named& where); ///< and uses it; replaces one of that name
  void use(const std::string& name);                           ///< error(not_found) with the nearest name
  void remove(const std::string& name);

  const std::string& current() const noexcept { return current_; } ///< empty: none
  const std::map<std::string, place_named>& all() const noexcept { return all_; }
  /// error(not_found) with the nearest name.
  const place_named& at(const std::string& name) const;

private:
  void save() const;

  std::string file_;
  std::string current_;
  std::map<std::string, place_named> all_;
};

/// `where` itself when it names a place; else the context that --context, TROUPE_CONTEXT or the file names, in this
/// order, under the --keys and --as of `where`. error(invalid) when there is none.
place_named resolve(const place_named& where);

/// add, use, list, delete.
void manage_contexts(const std::string& verb, const arguments_read& a, std::ostream& out, std::ostream& err);

} // namespace troupe::ctl
