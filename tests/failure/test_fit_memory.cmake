target_link_options(${target} PRIVATE -Wl,--wrap=calloc -Wl,--wrap=aligned_alloc)
