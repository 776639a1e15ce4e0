# SPDX-License-Identifier: Apache-2.0
# Precompiled headers: those of libraries and of the standard library, never ours, so that a change of ours rebuilds what includes
# it and nothing else. CLI11 is not among them: its validators are objects of every file that has seen them, and its code with
# them (6 s of each). scripts/check.sh --full compiles every header of ours without them.
option(TROUPE_PRECOMPILE "Precompile the headers of libraries" ON)
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # clang wants every macro of a command line as it was for the header
  set(TROUPE_PRECOMPILE OFF)
endif()

set(TROUPE_PCH_std <algorithm> <array> <chrono> <cstdint> <filesystem> <fstream> <functional> <map> <memory> <mutex> <optional>
    <set> <span> <sstream> <string> <string_view> <thread> <utility> <vector>)
set(TROUPE_PCH_json ${TROUPE_PCH_std} <fmt/format.h> <nlohmann/json.hpp>)
set(TROUPE_PCH_caf ${TROUPE_PCH_std} <caf/actor_system.hpp> <caf/actor_system_config.hpp> <caf/scoped_actor.hpp> <caf/send.hpp>
    <caf/stateful_actor.hpp> <caf/typed_actor.hpp> <caf/typed_event_based_actor.hpp>)
set(TROUPE_PCH_command ${TROUPE_PCH_caf} <fmt/format.h> <nlohmann/json.hpp>)
set(TROUPE_PCH_torch ${TROUPE_PCH_std} <ATen/ATen.h>)
set(TROUPE_PCH_test ${TROUPE_PCH_std} <gmock/gmock.h> <gtest/gtest.h>)
set(TROUPE_PCH_json_test ${TROUPE_PCH_test} <fmt/format.h> <nlohmann/json.hpp>)
set(TROUPE_PCH_caf_test ${TROUPE_PCH_caf} <gmock/gmock.h> <gtest/gtest.h>)
set(TROUPE_PCH_caf_protocol_test ${TROUPE_PCH_caf}) # CAF's test engine and GoogleTest both have a FAIL
set(TROUPE_PCH_torch_test ${TROUPE_PCH_test} <ATen/ATen.h>)

set(TROUPE_PCH_LINK_json fmt::fmt)
set(TROUPE_PCH_LINK_command fmt::fmt)
set(TROUPE_PCH_LINK_torch troupe_libtorch)
set(TROUPE_PCH_LINK_test troupe_test_settings GTest::gmock)
set(TROUPE_PCH_LINK_json_test ${TROUPE_PCH_LINK_test} fmt::fmt)
set(TROUPE_PCH_LINK_caf_test ${TROUPE_PCH_LINK_test})
set(TROUPE_PCH_LINK_caf_protocol_test troupe_test_settings)
set(TROUPE_PCH_LINK_torch_test ${TROUPE_PCH_LINK_test} troupe_libtorch)

# troupe_precompile(TARGET SET): the files of TARGET begin with the headers of SET read already. One precompiled header serves all
# targets of a kind (programs are compiled with other flags than libraries), so it is made with what all of them have.
function(troupe_precompile target name)
  if(NOT TROUPE_PRECOMPILE)
    return()
  endif()
  get_target_property(kind ${target} TYPE)
  set(from precompiled_${name})
  set(source ${CMAKE_BINARY_DIR}/precompiled.cpp)
  if(kind STREQUAL EXECUTABLE)
    string(APPEND from _program)
  endif()
  if(NOT TARGET ${from})
    file(CONFIGURE OUTPUT ${source} CONTENT "int main() {}\n")
    if(kind STREQUAL EXECUTABLE)
      add_executable(${from} EXCLUDE_FROM_ALL ${source})
      set_target_properties(${from} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/precompiled)
    else()
      add_library(${from} OBJECT EXCLUDE_FROM_ALL ${source})
    endif()
    target_link_libraries(${from} PRIVATE troupe_settings ${TROUPE_PCH_LINK_${name}})
    target_precompile_headers(${from} PRIVATE ${TROUPE_PCH_${name}})
  endif()
  target_link_libraries(${target} PRIVATE ${TROUPE_PCH_LINK_${name}})
  target_precompile_headers(${target} REUSE_FROM ${from})
  # g++ 12 does not know, of a precompiled header, that it is a system's, and warns of what it inlines from there.
  target_compile_options(${target} PRIVATE -Wno-array-bounds -Wno-maybe-uninitialized)
endfunction()
