// SPDX-License-Identifier: Apache-2.0
#include "gpu/training/optimizer_file.hpp"

#include "gpu/model/safetensors.hpp"
#include "runtime/error.hpp"

#include <ATen/ATen.h>
#include <cstring>
#include <filesystem>
#include <vector>

namespace troupe::gpu {
namespace {

constexpr const char* file_name = "/optimizer.safetensors";

const stored_tensor* checked(const safetensors_file& file, const std::string& path, const std::string& name,
                             const std::string& dtype, std::int64_t count) {
  const auto* t = file.find(name);
  if (t != nullptr && (t->dtype != dtype || t->sizes != std::vector<std::int64_t>{count})) {
    throw error(errc::invalid, path + ": tensor " + name + " is not " + dtype + " of " + std::to_string(count) +
                                   " entries; it belongs to another model");
  }
  return t;
}

const stored_tensor& required(const safetensors_file& file, const std::string& path, const std::string& name,
                              const std::string& dtype, std::int64_t count) {
  const auto* t = checked(file, path, name, dtype, count);
  if (t == nullptr) {
    throw error(errc::invalid, path + ": tensor " + name + " is missing; take an earlier checkpoint");
  }
  return *t;
}

at::Tensor floats(const stored_tensor& t) {
  auto result = at::empty(t.sizes, at::kFloat);
  std::memcpy(result.mutable_data_ptr<float>(), t.bytes.data(), t.bytes.size());
  return result;
}

} // namespace

void write_optimizer_file(const std::string& folder, const optimizer_file& what) {
  std::vector<at::Tensor> kept; // the bytes must outlive the write
  std::vector<tensor_to_store> tensors;
  const auto add = [&](const char* name, const at::Tensor& t) {
    kept.push_back(t.cpu().contiguous());
    tensors.push_back({name, "F32", {t.numel()}, {static_cast<const char*>(kept.back().const_data_ptr()), t.nbytes()}});
  };
  add("exp_avg", what.state.exp_avg);
  add("exp_avg_sq", what.state.exp_avg_sq);
  if (what.reference.defined()) {
    add("reference", what.reference);
  }
  const auto step = what.state.step;
  tensors.push_back({"step", "I64", {1}, {reinterpret_cast<const char*>(&step), sizeof step}});
  write_safetensors(folder + file_name, tensors);
}

std::optional<optimizer_file> read_optimizer_file(const std::string& folder, std::int64_t parameters) {
  const std::string path = folder + file_name;
  if (!std::filesystem::exists(path)) {
    return std::nullopt;
  }
  const safetensors_file file{path};
  optimizer_file result;
  result.state.exp_avg = floats(required(file, path, "exp_avg", "F32", parameters));
  result.state.exp_avg_sq = floats(required(file, path, "exp_avg_sq", "F32", parameters));
  std::memcpy(&result.state.step, required(file, path, "step", "I64", 1).bytes.data(), sizeof result.state.step);
  if (result.state.step < 0) {
    throw error(errc::invalid, path + ": step is negative; take an earlier checkpoint");
  }
  if (const auto* reference = checked(file, path, "reference", "F32", parameters)) {
    result.reference = floats(*reference);
  }
  return result;
}

} // namespace troupe::gpu
