# The likelihood kernel is compiled once per instruction set and chosen at run time. -ffast-math lets sums and choices run in vectors; it is
# set for these files only and never at link, where it would flush denormals in the whole process.
set(kernel_options -O3 -ffast-math -fopenmp-simd -ffp-contract=fast)
set(kernel_folder ${CMAKE_CURRENT_SOURCE_DIR}/src/fit)
set_source_files_properties(${kernel_folder}/kernel_baseline.c PROPERTIES COMPILE_OPTIONS "${kernel_options}")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set_source_files_properties(${kernel_folder}/kernel_avx2.c PROPERTIES COMPILE_OPTIONS "${kernel_options};-mavx2;-mfma")
  set_source_files_properties(${kernel_folder}/kernel_avx512.c PROPERTIES
    COMPILE_OPTIONS "${kernel_options};-mavx512f;-mavx512dq;-mavx512vl;-mfma;-mprefer-vector-width=512")
endif()
