# The index of a block and the words of a column are compiled once per instruction set and chosen at run time.
set(index_folder ${CMAKE_CURRENT_SOURCE_DIR}/src/source)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set_source_files_properties(${index_folder}/index_avx2.c ${index_folder}/words_avx2.c PROPERTIES
    COMPILE_OPTIONS "-mavx2;-mbmi;-mpopcnt")
  set_source_files_properties(${index_folder}/index_avx512.c ${index_folder}/words_avx512.c PROPERTIES
    COMPILE_OPTIONS "-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-mbmi;-mpopcnt")
endif()
