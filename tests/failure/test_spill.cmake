# What temporary files are made with goes through the test, which makes it fail in turn; and allocations.
target_link_options(${target} PRIVATE
  -Wl,--wrap=open,--wrap=mkostemp,--wrap=pwrite,--wrap=pread,--wrap=mmap,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc)
