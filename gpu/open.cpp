// SPDX-License-Identifier: Apache-2.0
#include "gpu/engine.hpp"
#include "runtime/error.hpp"

#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <vector>

namespace troupe::gpu {

namespace {

/// Beside the program's own folder, as installed; else where it was built.
std::vector<std::string> places(const std::string& module) {
  std::error_code problem;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", problem);
  return {(program.parent_path().parent_path() / "lib" / module).string(),
          std::string{TROUPE_MODULE_DIR} + "/" + module};
}

/// The module that computes on `device`.
std::string module_of(const std::string& device) {
  const std::string cuda = "cuda", index = device.starts_with(cuda + ":") ? device.substr(cuda.size() + 1) : "0";
  const bool numbered = !index.empty() && index.find_first_not_of("0123456789") == std::string::npos;
  if (device == cuda || (device.starts_with(cuda + ":") && numbered)) {
    return "libtroupe_torch_cuda.so";
  }
  if (device != "cpu") {
    throw error{errc::invalid, "device is \"" + device + "\"; it must be cpu, cuda or cuda:N"};
  }
  return "libtroupe_torch.so";
}

/// What to do about a module that is not there or does not load.
std::string advice(const std::string& device, const std::string& why) {
  if (device == "cpu") {
    return "the model's module could not be loaded; run scripts/setup.sh and build again:" + why;
  }
  return "device " + device +
         ": its module could not be loaded. It needs an NVIDIA driver (see nvidia-smi) and CUDA's " +
         "libraries: run scripts/setup.sh --cuda (2.3 GB) and build again, or compute on the device cpu:" + why;
}

} // namespace

std::shared_ptr<backend> open_backend(const backend_options& options) {
  // OpenMP's threads spin while they wait, unless told otherwise before the runtime is loaded: three times slower than
  // one thread on a machine that has other work.
  ::setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
  const auto module_name = module_of(options.device);
  std::string why;
  for (const auto& path : places(module_name)) {
    if (!std::filesystem::exists(path)) {
      why += "\n  " + path + ": not there";
      continue;
    }
    void* module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL); // stays loaded: the backend's code lives in it
    if (module == nullptr) {
      const char* problem = ::dlerror();
      throw error{errc::unavailable, advice(options.device, "\n  " + path + ": " + (problem ? problem : "unknown"))};
    }
    using open_function = backend* (*)(const backend_options*);
    const auto open = reinterpret_cast<open_function>(::dlsym(module, "troupe_open_torch_backend"));
    if (open == nullptr) {
      throw error{errc::unavailable, path + " is not of this version of troupe; build again"};
    }
    return std::shared_ptr<backend>{open(&options)};
  }
  throw error{errc::unavailable, advice(options.device, why)};
}

} // namespace troupe::gpu
