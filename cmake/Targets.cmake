# SPDX-License-Identifier: Apache-2.0
# rph_library(NAME [LIBRARIES...]): the folder's sources as one static library; headers are included as "folder/file.h".
function(rph_library name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  add_library(rph_${name} STATIC ${sources})
  target_include_directories(rph_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_compile_definitions(rph_${name} PRIVATE _GNU_SOURCE RPH_VERSION="${PROJECT_VERSION}")
  target_link_libraries(rph_${name} PRIVATE rph_flags PUBLIC ${ARGN})
endfunction()

# rph_test(SOURCE LABEL [LIBRARIES...]): one cmocka program per test file.
function(rph_test source label)
  get_filename_component(name ${source} NAME_WE)
  get_filename_component(folder ${source} DIRECTORY)
  get_filename_component(folder ${folder} NAME)
  set(target ${folder}_${name})
  add_executable(${target} ${source})
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE RPH_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE rph_flags ${ARGN} PkgConfig::CMOCKA)
  add_test(NAME ${folder}/${name} COMMAND ${target})
  set_tests_properties(${folder}/${name} PROPERTIES LABELS ${label} SKIP_RETURN_CODE 77)
endfunction()
