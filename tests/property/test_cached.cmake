# Thousands of short parallel regions: threads that spin between them would take most of the time.
set_tests_properties(property.test_cached PROPERTIES ENVIRONMENT OMP_WAIT_POLICY=passive)
