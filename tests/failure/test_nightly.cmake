# Allocations and system calls of the project's own code go through the test, which makes them fail in turn.
target_link_options(${target} PRIVATE
  -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc,--wrap=vasprintf
  -Wl,--wrap=open,--wrap=write,--wrap=fsync,--wrap=close,--wrap=linkat,--wrap=rename,--wrap=mkdir
  -Wl,--wrap=renameat2,--wrap=symlink,--wrap=mmap)
