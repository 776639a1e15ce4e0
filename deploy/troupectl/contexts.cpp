// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupectl/contexts.hpp"

#include "deploy/troupectl/table.hpp"
#include "runtime/config/nearest.hpp"
#include "runtime/data/descriptor.hpp"
#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"
#include "runtime/wire/keys.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <ostream>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::ctl {

namespace fs = std::filesystem;

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string contexts_file() {
  const auto config = variable("XDG_CONFIG_HOME");
  return (config.empty() ? variable("HOME") + "/.config" : config) + "/troupe/contexts.json";
}

/// Relative names would mean another folder tomorrow.
std::string absolute(const std::string& path) {
  return path.empty() ? "" : fs::absolute(path).lexically_normal().string();
}

std::string text_in(const row& of, const char* key) {
  const auto found = of.find(key);
  return found != of.end() && found->is_string() ? found->get<std::string>() : "";
}

place_named place_in(const row& of) {
  return {.store = {},
          .run = text_in(of, "run"),
          .endpoint = text_in(of, "endpoint"),
          .context = {},
          .keys = text_in(of, "keys"),
          .as = text_in(of, "as")};
}

row row_of(const place_named& where) {
  row out = row::object();
  for (const auto& [key, value] :
       {std::pair{"run", where.run}, {"endpoint", where.endpoint}, {"keys", where.keys}, {"as", where.as}}) {
    if (!value.empty()) {
      out[key] = value;
    }
  }
  return out;
}

} // namespace

contexts::contexts() : file_(contexts_file()) {
  if (!fs::exists(file_)) {
    return;
  }
  const auto said = row::parse(data::read_file(file_), nullptr, false);
  const auto found = said.is_object() ? said.find("contexts") : said.end();
  if (!said.is_object() || found == said.end() || !found->is_object()) {
    throw error{errc::invalid, file_ + " is not as troupectl writes it; mend or remove it"};
  }
  current_ = text_in(said, "current");
  for (const auto& [name, place] : found->items()) {
    all_.emplace(name, place_in(place));
  }
}

const place_named& contexts::at(const std::string& name) const {
  const auto found = all_.find(name);
  if (found == all_.end()) {
    std::vector<std::string> names;
    for (const auto& [known, place] : all_) {
      names.push_back(known);
    }
    throw error{errc::not_found, "there is no context " + name + "; " + config::suggestion(name, names)};
  }
  return found->second;
}

void contexts::add(const std::string& name, const place_named& where) {
  if (!wire::is_name(name)) {
    throw error{errc::invalid, "'" + name + "' cannot name a context; use letters, digits, '.', '-', '_'"};
  }
  if (where.run.empty() == where.endpoint.empty()) {
    throw error{errc::invalid, "context add: of what? say --run DIR or --endpoint URL"};
  }
  all_[name] = where;
  all_[name].run = absolute(where.run);
  all_[name].keys = absolute(where.keys);
  current_ = name;
  save();
}

void contexts::use(const std::string& name) {
  (void)at(name);
  current_ = name;
  save();
}

void contexts::remove(const std::string& name) {
  (void)at(name);
  all_.erase(name);
  current_ = current_ == name ? "" : current_;
  save();
}

void contexts::save() const {
  row places = row::object();
  for (const auto& [name, place] : all_) {
    places[name] = row_of(place);
  }
  std::error_code failed;
  fs::create_directories(fs::path{file_}.parent_path(), failed);
  const auto fresh = file_ + ".tmp-" + std::to_string(::getpid());
  data::descriptor to{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR)};
  int problem =
      to.get() < 0 ? errno : data::write_all(to.get(), json_page({{"current", current_}, {"contexts", places}}) + "\n");
  problem = problem == 0 && to.close() != 0 ? errno : problem;
  if (problem != 0) {
    ::unlink(fresh.c_str());
    throw error{errc::failed, file_ + " cannot be written: " + std::strerror(problem)};
  }
  data::publish_file(fresh, file_);
}

place_named resolve(const place_named& where) {
  if (where.given()) {
    return where;
  }
  auto name = where.context.empty() ? variable("TROUPE_CONTEXT") : where.context;
  const contexts known;
  name = name.empty() ? known.current() : name;
  if (name.empty()) {
    throw error{errc::invalid, "where? name a run directory with --run, a cluster with --endpoint, or offline a store "
                               "with --store"};
  }
  auto found = known.at(name);
  found.keys = where.keys.empty() ? found.keys : where.keys;
  found.as = where.as.empty() ? found.as : where.as;
  return found;
}

void manage_contexts(const std::string& verb, const arguments_read& a, std::ostream& out, std::ostream& err) {
  contexts known;
  if (verb == "list") {
    std::vector<row> rows;
    for (const auto& [name, place] : known.all()) {
      row one{{"name", name}, {"current", name == known.current()}};
      one.update(row_of(place));
      rows.push_back(one);
    }
    if (a.as() == output_format::json) {
      out << json_line(row(rows)) << "\n";
    } else {
      print_table(rows, {"name", "current", "run", "endpoint", "keys", "as"}, out);
    }
    return;
  }
  if (verb == "add") {
    known.add(a.name, a.where);
  } else if (verb == "use") {
    known.use(a.name);
  } else {
    known.remove(a.name);
  }
  err << "context in use: " << (known.current().empty() ? "none" : known.current()) << "\n";
}

} // namespace troupe::ctl
