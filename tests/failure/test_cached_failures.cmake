target_link_options(failure_test_cached_failures PRIVATE
  -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc
  -Wl,--wrap=open,--wrap=write,--wrap=fsync,--wrap=linkat,--wrap=rename,--wrap=clock_gettime)
