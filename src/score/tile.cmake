# The kernel of scoring is compiled once per instruction set and chosen at run time.
set(tile_folder ${CMAKE_CURRENT_SOURCE_DIR}/src/score)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set_source_files_properties(${tile_folder}/tile_avx2.c PROPERTIES COMPILE_OPTIONS "-mavx2")
  set_source_files_properties(${tile_folder}/tile_avx512.c PROPERTIES COMPILE_OPTIONS
    "-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl")
endif()
