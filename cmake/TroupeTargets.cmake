# SPDX-License-Identifier: Apache-2.0
# One library a folder, one test binary a folder: adding a file is enough, no list names it twice.

# troupe_library(NAME [PRECOMPILE set] [DEPENDS target...]): a static library of every .cpp in the calling folder.
function(troupe_library name)
  cmake_parse_arguments(arg "" "PRECOMPILE" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC troupe_settings ${arg_DEPENDS})
  if(arg_PRECOMPILE)
    troupe_precompile(${name} ${arg_PRECOMPILE})
  endif()
endfunction()

# troupe_glue(NAME): dispatch, options and text, run seldom; what computes is in other libraries. A third of the time to compile
# it was spent on -O3.
function(troupe_glue name)
  target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

# troupe_unless_sanitized(NAME): no test of a sanitizers' build runs it, so that it is not built there unless asked for.
function(troupe_unless_sanitized name)
  if(TROUPE_SANITIZE)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endfunction()

# What tests are compiled with: they are run once, and building them takes longer.
add_library(troupe_test_settings INTERFACE)
target_compile_options(troupe_test_settings INTERFACE -O0)
target_link_libraries(troupe_test_settings INTERFACE troupe_settings)

# troupe_test(NAME [OPTIMIZED] [PRECOMPILE set] [DEPENDS target...] [LABELS label...]): one binary of every *_test.cpp in the calling folder, but for
# troupe_actor_test's; each case is a ctest entry.
function(troupe_test name)
  cmake_parse_arguments(arg "OPTIMIZED" "PRECOMPILE" "DEPENDS;LABELS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
  list(FILTER sources EXCLUDE REGEX "_protocol_test\\.cpp$")
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources})
  if(arg_OPTIMIZED) # its own code computes for long
    target_link_libraries(${name} PRIVATE troupe_settings ${arg_DEPENDS} GTest::gmock GTest::gtest_main)
  else()
    target_link_libraries(${name} PRIVATE troupe_test_settings ${arg_DEPENDS} GTest::gmock GTest::gtest_main)
    if(NOT arg_PRECOMPILE)
      set(arg_PRECOMPILE test)
    endif()
    troupe_precompile(${name} ${arg_PRECOMPILE})
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  set(labels)
  if(arg_LABELS) # an empty value would make the next word the label
    set(labels LABELS "${arg_LABELS}")
  endif()
  set(patience 300)
  if(TROUPE_SANITIZE)
    set(patience 900)
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${name}/" PROPERTIES TIMEOUT ${patience} ${labels})
endfunction()

# troupe_actor_test(NAME [DEPENDS target...]): one binary of every *_protocol_test.cpp in the calling folder, with CAF's
# test engine, whose main is in protocol_main.cpp. The file X_protocol_test.cpp is the suite X, and each suite is a ctest
# entry; one that ran no test has failed, too.
function(troupe_actor_test name)
  cmake_parse_arguments(arg "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_protocol_test.cpp)
  add_executable(${name} ${sources} protocol_main.cpp)
  target_link_libraries(${name} PRIVATE troupe_test_settings ${arg_DEPENDS})
  troupe_precompile(${name} caf_protocol_test)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM suite)
    string(REPLACE "_protocol_test" "" suite ${suite})
    set_source_files_properties(${source} PROPERTIES COMPILE_DEFINITIONS CAF_SUITE=${suite})
    add_test(NAME ${name}/${suite} COMMAND ${name} -n -s "^${suite}$")
    set_tests_properties(${name}/${suite} PROPERTIES TIMEOUT 60 FAIL_REGULAR_EXPRESSION "suites: +0")
  endforeach()
endfunction()

# troupe_python_tests(LABEL [NO_PROGRAMS] [PROCESSORS n] [TIMEOUT s]): each *_test.py in the calling folder is the ctest entry
# LABEL/NAME. They run the real programs, which need LibTorch, and may import from tests/end_to_end.
function(troupe_python_tests label)
  cmake_parse_arguments(arg "NO_PROGRAMS" "PROCESSORS;TIMEOUT" "" ${ARGN})
  find_package(Python3 COMPONENTS Interpreter)
  if(NOT Python3_FOUND OR NOT (TROUPE_TORCH OR arg_NO_PROGRAMS))
    message(STATUS "no LibTorch or no python3: tests/${label} is left out")
    return()
  endif()
  file(GLOB tests RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.py)
  foreach(test IN LISTS tests)
    string(REPLACE "_test.py" "" name ${test})
    add_test(NAME ${label}/${name} COMMAND Python3::Interpreter ${CMAKE_CURRENT_SOURCE_DIR}/${test})
    set_tests_properties(
      ${label}/${name}
      PROPERTIES LABELS ${label} SKIP_RETURN_CODE 77 ENVIRONMENT
                 "TROUPE_PROGRAMS=${CMAKE_RUNTIME_OUTPUT_DIRECTORY};PYTHONPATH=${CMAKE_SOURCE_DIR}/tests/end_to_end")
    foreach(property IN ITEMS PROCESSORS TIMEOUT)
      if(arg_${property})
        set_tests_properties(${label}/${name} PROPERTIES ${property} ${arg_${property}})
      endif()
    endforeach()
  endforeach()
endfunction()
