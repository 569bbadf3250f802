# Set per-file options of the likelihood kernel here.
