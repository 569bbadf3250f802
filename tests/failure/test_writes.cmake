# System calls of the project's own code go through the test, which makes them fail in turn.
target_link_options(${target} PRIVATE
  -Wl,--wrap=open,--wrap=write,--wrap=fsync,--wrap=close,--wrap=linkat,--wrap=rename,--wrap=mkdir)
