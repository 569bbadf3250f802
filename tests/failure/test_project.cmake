# Allocations of the project's own code go through the test, which makes them fail in turn.
target_link_options(failure_test_project PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc)
