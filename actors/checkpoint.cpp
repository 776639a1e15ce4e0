// SPDX-License-Identifier: Apache-2.0
#include "actors/checkpoint.hpp"

#include "runtime/error.hpp"
#include "runtime/kill_point.hpp"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <unistd.h>

namespace troupe::actors {

namespace fs = std::filesystem;

namespace {

void sync_path(const fs::path& p) {
  const int fd = ::open(p.c_str(), O_RDONLY);
  const bool fine = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) {
    ::close(fd);
  }
  if (!fine) {
    throw error{errc::resource_exhausted, "cannot make " + p.string() + " durable; is the disk full or read-only?"};
  }
}

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{folder}) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

void fill(const fs::path& folder, const checkpoint_record& r, const gpu::trainer& trainer,
          const fs::path& tokenizer_folder) {
  for (const auto& file : files_of(tokenizer_folder)) { // first: the model's files name its end and padding tokens
    fs::copy_file(file, folder / file.filename(), fs::copy_options::overwrite_existing);
  }
  trainer.save(folder.string());
  kill_point("mid_checkpoint");
  const nlohmann::json state{{"stage", r.stage.value}, {"global_step", r.version.value}, {"branch", r.branch}};
  std::ofstream out{folder / "trainer_state.json"};
  out << state.dump(2) << "\n";
  out.close();
  if (!out) {
    throw error{errc::resource_exhausted, "cannot write " + (folder / "trainer_state.json").string()};
  }
  for (const auto& file : files_of(folder)) {
    sync_path(file);
  }
  sync_path(folder);
}

} // namespace

std::string checkpoint_folder(const std::string& stage, policy_version version) {
  char step[32];
  std::snprintf(step, sizeof step, "step-%06llu", static_cast<unsigned long long>(version.value));
  return "checkpoints/" + stage + "/" + step;
}

checkpoint_record write_checkpoint(const std::string& run_folder, const std::string& stage_name, stage_index stage,
                                   policy_version version, std::uint32_t branch, const gpu::trainer& trainer,
                                   const std::string& tokenizer_folder) {
  checkpoint_record r{
      .stage = stage, .version = version, .branch = branch, .folder = checkpoint_folder(stage_name, version)};
  const fs::path place = fs::path{run_folder} / r.folder;
  const fs::path temporary = place.string() + ".part";
  try {
    fs::remove_all(temporary);
    fs::create_directories(temporary);
    fill(temporary, r, trainer, tokenizer_folder);
    fs::remove_all(place);
    fs::rename(temporary, place);
  } catch (const fs::filesystem_error& e) {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    throw error{errc::resource_exhausted, "cannot write the checkpoint " + place.string() + ": " + e.code().message()};
  } catch (const error&) {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    throw;
  }
  sync_path(place.parent_path());
  kill_point("after_rename_before_commit");
  r.manifest_hash = manifest_hash(place.string());
  return r;
}

bool is_whole(const std::string& run_folder, const checkpoint_record& recorded) {
  const fs::path folder = fs::path{run_folder} / recorded.folder;
  return fs::is_directory(folder) && manifest_hash(folder.string()) == recorded.manifest_hash;
}

void discard_uncommitted(const std::string& run_folder, const std::string& stage_name,
                         const std::vector<checkpoint_record>& recorded) {
  const fs::path parent = fs::path{run_folder} / "checkpoints" / stage_name;
  if (!fs::exists(parent)) {
    return;
  }
  std::set<std::string> known;
  for (const auto& r : recorded) {
    known.insert(fs::path{r.folder}.filename().string());
  }
  for (const auto& entry : fs::directory_iterator{parent}) {
    if (!known.contains(entry.path().filename().string())) {
      fs::remove_all(entry.path());
    }
  }
}

} // namespace troupe::actors
