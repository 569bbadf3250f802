# Files that the library carries inside: each becomes a C array `churn_embedded_NAME`, declared in base/embedded.h.
set(CHURN_EMBEDDED "")
function(churn_embed file name)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/generated/embedded_${name}.c)
  get_filename_component(path ${file} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  file(READ ${path} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}") # as characters: bytes above 127 fit a char
  set(text "#include \"base/embedded.h\"\nconst char churn_embedded_${name}[] = {${bytes}0};\n")
  file(GENERATE OUTPUT ${output} CONTENT "${text}")
  set(CHURN_EMBEDDED ${CHURN_EMBEDDED} ${output} PARENT_SCOPE)
endfunction()
churn_embed(models/features.yaml features)
churn_embed(models/playbook.yaml playbook)
churn_embed(src/report/comparison.html comparison)

# Charts of the page; Debian: libjs-chart.js. Version 3: the page uses its options.
find_file(CHURN_CHART_JS chart.min.js PATH_SUFFIXES javascript/chart.js share/javascript/chart.js REQUIRED)
churn_embed(${CHURN_CHART_JS} chart)
