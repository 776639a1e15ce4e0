# SPDX-License-Identifier: Apache-2.0
# LibTorch from the pinned wheels that scripts/setup.sh unpacks into .deps/. A CPU build links libtorch_cpu and libc10 only;
# libtorch_cpu itself names libcudart and libcupti, two small libraries that lie beside it.
set(TROUPE_TORCH_DIR ${CMAKE_SOURCE_DIR}/.deps/torch CACHE PATH "Folder with LibTorch's include/ and lib/")
set(TROUPE_NVIDIA_LIB_DIR ${CMAKE_SOURCE_DIR}/.deps/nvidia/cu13/lib CACHE PATH "Folder with libcudart and libcupti")
if(TROUPE_TORCH)
  if(NOT EXISTS ${TROUPE_TORCH_DIR}/lib/libtorch_cpu.so)
    message(FATAL_ERROR "LibTorch is not in ${TROUPE_TORCH_DIR}: run scripts/setup.sh, or configure with -DTROUPE_TORCH=OFF")
  endif()
  add_library(troupe_libtorch INTERFACE)
  target_include_directories(troupe_libtorch SYSTEM INTERFACE ${TROUPE_TORCH_DIR}/include)
  # at::parallel_for is a template: compiled without OpenMP it runs on one thread. The runtime is torch's own, never a second.
  target_compile_options(troupe_libtorch INTERFACE -fopenmp)
  target_link_libraries(troupe_libtorch INTERFACE ${TROUPE_TORCH_DIR}/lib/libtorch_cpu.so ${TROUPE_TORCH_DIR}/lib/libc10.so
                                                  ${TROUPE_TORCH_DIR}/lib/libgomp.so.1)
  target_link_options(
    troupe_libtorch INTERFACE -Wl,-rpath-link,${TROUPE_NVIDIA_LIB_DIR} -Wl,-rpath-link,${TROUPE_TORCH_DIR}/lib
    -Wl,--disable-new-dtags,-rpath,${TROUPE_TORCH_DIR}/lib,-rpath,${TROUPE_NVIDIA_LIB_DIR})
endif()
