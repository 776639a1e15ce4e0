// SPDX-License-Identifier: Apache-2.0
#include "deploy/troupe/run_parts.hpp"

#include "runtime/data/file_hash.hpp"
#include "runtime/error.hpp"
#include "runtime/metrics/report.hpp"
#include "runtime/metrics/report_file.hpp"
#include "runtime/task/alphabet.hpp"
#include "runtime/text/tokenizer.hpp"
#include "runtime/wire/incarnation.hpp"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

namespace troupe::program {

namespace fs = std::filesystem;

namespace {

void write_tokenizer(const config::recipe& r, const actors::source_map& sources, const fs::path& folder) {
  if (!r.model.path.empty()) {
    for (const char* name : {"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"}) {
      if (fs::exists(fs::path{r.model.path} / name)) {
        fs::copy_file(fs::path{r.model.path} / name, folder / name);
      }
    }
    return;
  }
  text::write_character_tokenizer(folder.string(), alphabet_of(r, sources), task::tags());
}

} // namespace

std::string alphabet_of(const config::recipe& r, const actors::source_map& sources) {
  if (!r.model.alphabet.empty()) {
    return r.model.alphabet;
  }
  std::vector<std::shared_ptr<const task::prompt_source>> all;
  for (const auto& [name, s] : sources) {
    all.push_back(s);
  }
  return task::alphabet(all);
}

namespace {

/// The folder whose files make a checkpoint's tokenizer: the model's own, or one made for the tasks. Below `run`,
/// where several processes may want it at once.
std::string prepare_tokenizer(const config::recipe& r, const actors::source_map& sources, const std::string& run) {
  const fs::path folder = fs::path{run} / "tokenizer";
  if (fs::exists(folder / "tokenizer.json")) {
    return folder.string();
  }
  const fs::path own = folder.string() + "." + to_string(wire::new_incarnation());
  fs::create_directories(folder);
  fs::create_directories(own);
  write_tokenizer(r, sources, own);
  for (const char* name :
       {"tokenizer_config.json", "special_tokens_map.json", "tokenizer.json"}) { // the last: all is there
    if (fs::exists(own / name)) {
      fs::rename(own / name, folder / name);
    }
  }
  fs::remove_all(own);
  return folder.string();
}

gpu::model_shape shape_of(const config::model_spec& m, std::uint32_t vocabulary) {
  return {.hidden_size = m.hidden_size,
          .num_hidden_layers = m.num_hidden_layers,
          .num_attention_heads = m.num_attention_heads,
          .num_key_value_heads = m.num_key_value_heads,
          .intermediate_size = m.intermediate_size,
          .vocab_size = vocabulary,
          .max_position_embeddings = m.max_position_embeddings,
          .rope_theta = m.rope_theta,
          .initializer_range = m.initializer_range};
}

} // namespace

gpu::backend_options backend_of(const config::recipe& r) {
  const std::uint32_t cores = std::max(1u, std::thread::hardware_concurrency());
  return {.device = r.device,
          .deterministic = r.deterministic,
          .threads = r.threads != 0 ? r.threads : std::max(1u, cores / (r.generators + r.learners)),
          .sft_threads = r.threads != 0 ? r.threads : std::max(1u, cores / r.learners)};
}

actors::learner_parts learner_parts_of(const config::recipe& r, actors::source_map sources,
                                       std::shared_ptr<gpu::backend> backend, const std::string& run,
                                       const actors::worker_name& who) {
  actors::learner_parts parts;
  parts.recipe = &r;
  parts.backend = std::move(backend);
  parts.tokenizer_folder = prepare_tokenizer(r, sources, run);
  parts.tokenizer = text::load_tokenizer(parts.tokenizer_folder);
  parts.meter = std::make_shared<actors::activity>();
  parts.sources = std::move(sources);
  parts.run_folder = run;
  parts.new_model = shape_of(r.model, parts.tokenizer->vocabulary_size());
  parts.who = who;
  return parts;
}

void cut_metrics_back(const std::string& folder, const config::recipe& r, const history& known) {
  std::map<std::string, std::uint64_t> committed;
  std::set<std::string> unfinished;
  std::set<std::pair<std::string, std::uint64_t>> unvalidated;
  for (const auto& s : known.stages) {
    const auto& name = r.stages.at(s.stage.value).name;
    const auto last = known.last_steps.find(s.stage);
    committed[name] = last == known.last_steps.end() ? 0 : last->second.value;
    if (s.status != stage_status::finished) {
      unfinished.insert(name);
    }
  }
  for (const auto& c : known.checkpoints) {
    if (c.validation < 0) {
      unvalidated.emplace(r.stages.at(c.stage.value).name, c.version.value);
    }
  }
  metrics::run_log::cut_back(folder, [&](const nlohmann::json& line) {
    const auto stage = line.value("stage", ""), by = line.value("evaluated_by", "");
    const auto step = line.value("step", std::uint64_t{0});
    if (by == stage && unvalidated.contains({stage, step})) {
      return false;
    }
    if (by != stage && !by.empty() && unfinished.contains(by)) {
      return false;
    }
    const auto it = committed.find(stage);
    return it == committed.end() || step <= it->second;
  });
}

void keep_data_files(store::journal& journal, const config::recipe& r) {
  store::write w;
  for (const auto& t : r.tasks) {
    if (t.path.empty()) {
      continue;
    }
    const auto name = "task_file:" + t.name;
    const auto now = std::to_string(data::hash_file(t.path));
    const auto known = journal.setting(name.c_str());
    if (known && *known != now) {
      throw error{errc::invalid, "task " + t.name + ": " + t.path +
                                     " is not what it was when this run began: its stored groups would belong to other "
                                     "problems. Bring the file back, or start a new run with another --out"};
    }
    if (!known) {
      w.settings.emplace_back(name, now);
    }
  }
  if (!w.empty()) {
    journal.commit(w, store::durability::disk);
  }
}

bool write_report(const std::string& folder, const std::string& counts, metrics::run_log& log, run_verb verb) try {
  metrics::set_report_counts(folder, nlohmann::json::parse(counts));
  metrics::write_report(folder);
  return true;
} catch (const error& e) {
  log.event(std::string{"the report is not written: "} + e.what() + "; `" + resume_command(folder, verb) +
                "` writes it when that is mended",
            true);
  return false;
}

history history_of(const store::journal& journal) {
  history all;
  for (const auto& s : journal.stages()) {
    all.stages.push_back(s);
    const auto checkpoints = journal.checkpoints(s.stage);
    all.checkpoints.insert(all.checkpoints.end(), checkpoints.begin(), checkpoints.end());
    const auto steps = journal.steps(s.stage);
    if (!steps.empty()) {
      all.last_steps[s.stage] = steps.back().version;
    }
  }
  return all;
}

} // namespace troupe::program
