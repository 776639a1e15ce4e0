// SPDX-License-Identifier: Apache-2.0
#include "gpu/model/safetensors.hpp"

#include "runtime/data/durable_file.hpp"
#include "runtime/error.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

namespace troupe::gpu {

using nlohmann::json;

namespace {

constexpr std::uint64_t header_max = 100'000'000; // bytes, as the format's own reader allows

std::optional<std::uint64_t> size_of(const std::string& dtype) {
  static const std::map<std::string, std::uint64_t> sizes{{"F64", 8},  {"I64", 8}, {"F32", 4}, {"I32", 4}, {"F16", 2},
                                                          {"BF16", 2}, {"I8", 1},  {"U8", 1},  {"BOOL", 1}};
  const auto it = sizes.find(dtype);
  return it == sizes.end() ? std::nullopt : std::optional{it->second};
}

} // namespace

safetensors_file::safetensors_file(const std::string& path) : content_(data::read_file(path)) {
  parse(path);
}

safetensors_file::safetensors_file(std::string content, const std::string& name) : content_(std::move(content)) {
  parse(name);
}

void safetensors_file::parse(const std::string& name) {
  const auto refuse = [&](const std::string& why) { throw error{errc::invalid, name + ": " + why}; };
  std::uint64_t length = 0;
  if (content_.size() < sizeof length) {
    refuse("shorter than a safetensors header");
  }
  std::memcpy(&length, content_.data(), sizeof length);
  if (length > header_max || length > content_.size() - sizeof length) {
    refuse("its header would be " + std::to_string(length) + " bytes, the file has " + std::to_string(content_.size()));
  }
  const auto header =
      json::parse(content_.begin() + 8, content_.begin() + 8 + static_cast<std::ptrdiff_t>(length), nullptr, false);
  if (!header.is_object()) {
    refuse("its header is no JSON object");
  }
  const std::string_view body = std::string_view{content_}.substr(8 + length);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  for (const auto& [tensor, entry] : header.items()) {
    if (tensor == "__metadata__") {
      continue;
    }
    try {
      stored_tensor t{.dtype = entry.at("dtype").get<std::string>(),
                      .sizes = entry.at("shape").get<std::vector<std::int64_t>>(),
                      .bytes = {}};
      const auto offsets = entry.at("data_offsets").get<std::vector<std::uint64_t>>();
      const auto element = size_of(t.dtype);
      if (!element) {
        refuse("tensor " + tensor + " has the unknown type " + t.dtype);
      }
      std::uint64_t bytes = *element;
      for (const auto n : t.sizes) {
        if (n < 0 || (n > 0 && bytes > body.size() / static_cast<std::uint64_t>(n))) {
          refuse("tensor " + tensor + " is larger than the file");
        }
        bytes *= static_cast<std::uint64_t>(n);
      }
      if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > body.size() ||
          offsets[1] - offsets[0] != bytes) {
        refuse("tensor " + tensor + " does not lie where its header says");
      }
      ranges.emplace_back(offsets[0], offsets[1]);
      t.bytes = body.substr(offsets[0], bytes);
      tensors_.emplace(tensor, std::move(t));
    } catch (const json::exception&) {
      refuse("the header's entry for tensor " + tensor + " lacks dtype, shape or data_offsets");
    }
  }
  std::sort(ranges.begin(), ranges.end());
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].first < ranges[i - 1].second) {
      refuse("two tensors overlap");
    }
  }
}

const stored_tensor* safetensors_file::find(const std::string& name) const {
  const auto it = tensors_.find(name);
  return it == tensors_.end() ? nullptr : &it->second;
}

void write_safetensors(const std::string& path, const std::vector<tensor_to_store>& tensors) {
  nlohmann::ordered_json header;
  header["__metadata__"] = {{"format", "pt"}};
  std::uint64_t at = 0;
  for (const auto& t : tensors) {
    header[t.name] = {{"dtype", t.dtype}, {"shape", t.sizes}, {"data_offsets", {at, at + t.bytes.size()}}};
    at += t.bytes.size();
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' '); // tensors start aligned
  const std::uint64_t length = text.size();
  std::ofstream out{path, std::ios::binary};
  out.write(reinterpret_cast<const char*>(&length), sizeof length);
  out << text;
  for (const auto& t : tensors) {
    out.write(t.bytes.data(), static_cast<std::streamsize>(t.bytes.size()));
  }
  out.close();
  if (!out) {
    throw error{errc::resource_exhausted, "cannot write " + path + "; is the disk full or read-only?"};
  }
}

} // namespace troupe::gpu
