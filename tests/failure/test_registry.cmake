# Allocations and system calls of the project's own code go through the test, which makes them fail in turn.
target_link_options(${target} PRIVATE
  -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc,--wrap=strdup,--wrap=strndup,--wrap=vasprintf
  -Wl,--wrap=open,--wrap=write,--wrap=fsync,--wrap=rename,--wrap=symlink,--wrap=mkdir,--wrap=linkat,--wrap=unlink)
