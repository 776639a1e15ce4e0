// SPDX-License-Identifier: Apache-2.0
#include "gpu/model/hf_folder.hpp"

#include "gpu/model/hf_config.hpp"
#include "gpu/model/safetensors.hpp"
#include "runtime/error.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <filesystem>

namespace troupe::gpu {

namespace {

at::ScalarType type_of(const std::string& dtype, const std::string& where) {
  if (dtype == "F32") {
    return at::kFloat;
  }
  if (dtype == "BF16") {
    return at::kBFloat16;
  }
  if (dtype == "F16") {
    return at::kHalf;
  }
  throw error{errc::invalid, where + " has type " + dtype + "; F32, BF16 and F16 are read"};
}

} // namespace

std::shared_ptr<const flat_weights> read_hf_folder(const std::string& folder, policy_version version) {
  const auto shape = read_hf_config(folder + "/config.json");
  const std::string path = folder + "/model.safetensors";
  if (std::filesystem::exists(path + ".index.json")) {
    throw error{errc::invalid, path + ".index.json: weights in several files are not read by this version; save the " +
                                   "model as one model.safetensors"};
  }
  const safetensors_file file{path};
  const auto layout = weight_layout(shape);
  for (const auto& e : layout) { // before the memory is asked for
    const auto* t = file.find(e.name);
    if (t == nullptr) {
      throw error{errc::invalid, path + ": tensor " + e.name + " is missing; config.json asks for it"};
    }
    if (t->sizes != e.sizes) {
      throw error{errc::invalid, path + ": tensor " + e.name + " does not have the shape that config.json asks for"};
    }
    type_of(t->dtype, path + ": tensor " + e.name);
  }
  auto flat = at::empty({parameter_count(layout)}, at::kFloat);
  for (const auto& e : layout) {
    const auto* t = file.find(e.name);
    // The bytes are only read: from_blob wants a pointer to what it may change.
    const auto stored =
        at::from_blob(const_cast<char*>(t->bytes.data()), e.sizes, type_of(t->dtype, path + ": tensor " + e.name));
    flat.narrow(0, e.offset, e.count).view(e.sizes).copy_(stored);
  }
  return std::make_shared<flat_weights>(version, shape, std::move(flat));
}

void write_hf_folder(const std::string& folder, const model_shape& s, const at::Tensor& flat) {
  const auto on_cpu = flat.cpu().contiguous();
  std::vector<tensor_to_store> tensors;
  for (const auto& e : weight_layout(s)) {
    const auto* begin = reinterpret_cast<const char*>(on_cpu.const_data_ptr<float>() + e.offset);
    tensors.push_back({e.name, "F32", e.sizes, {begin, static_cast<std::size_t>(e.count) * sizeof(float)}});
  }
  write_safetensors(folder + "/model.safetensors", tensors);
  write_hf_config(folder, s);
}

} // namespace troupe::gpu
