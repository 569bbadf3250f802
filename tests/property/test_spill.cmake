# The test says whether there is room, so that every mixture of memory and files comes up.
target_link_options(${target} PRIVATE -Wl,--wrap=churn_spill_half_free,--wrap=churn_spill_room)
