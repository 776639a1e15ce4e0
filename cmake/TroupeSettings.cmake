# SPDX-License-Identifier: Apache-2.0
# Compiler settings, as one interface target that every target of ours links privately.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)

option(TROUPE_TESTS "Build the tests" ON)
option(TROUPE_WERROR "Warnings are errors" OFF)
option(TROUPE_TORCH "Build the model (needs LibTorch, see scripts/setup.sh)" ON)
option(TROUPE_CUDA "Refuse to configure where the CUDA module cannot be built" OFF)
option(TROUPE_FUZZ "Build the fuzzers (clang)" OFF)
set(TROUPE_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")
set(TROUPE_SANITIZE_NOT "" CACHE STRING "Checks of them to leave out, as -fno-sanitize= takes them")

find_program(CCACHE ccache)
if(CCACHE) # sloppy in what precompiled headers need: no date goes into our programs
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

add_library(troupe_settings INTERFACE)
target_include_directories(troupe_settings INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
target_compile_options(troupe_settings INTERFACE -Wall -Wextra -Wpedantic -Wno-missing-field-initializers
                       -Wno-restrict -Wno-stringop-overflow) # g++ 12 sees in std::string what is not there
if(CCACHE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(troupe_settings INTERFACE -fpch-preprocess) # for ccache to see what is precompiled
endif()
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # it takes the files that are put together for headers
  target_compile_options(troupe_settings INTERFACE -Wno-subobject-linkage)
endif()
if(TROUPE_WERROR)
  target_compile_options(troupe_settings INTERFACE -Werror)
endif()
if(TROUPE_SANITIZE)
  target_compile_options(troupe_settings INTERFACE -fsanitize=${TROUPE_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(troupe_settings INTERFACE -fsanitize=${TROUPE_SANITIZE})
  if(TROUPE_SANITIZE_NOT)
    target_compile_options(troupe_settings INTERFACE -fno-sanitize=${TROUPE_SANITIZE_NOT})
  endif()
endif()
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
