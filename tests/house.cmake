# Tests of the house itself: includes, headers alone, formatting, the installed package.
add_test(NAME house.includes COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/cli/check_includes.sh ${PROJECT_SOURCE_DIR})

# Every public header compiles alone, as C and without any of our warnings.
file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/churn/*.h)
set(alone "")
foreach(header ${headers})
  get_filename_component(name ${header} NAME_WE)
  file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/alone/${name}.c CONTENT "#include <churn/${name}.h>\n")
  list(APPEND alone ${CMAKE_CURRENT_BINARY_DIR}/alone/${name}.c)
endforeach()
add_library(headers_alone OBJECT ${alone})
target_include_directories(headers_alone PRIVATE ${PROJECT_SOURCE_DIR}/include)
target_compile_options(headers_alone PRIVATE -Wall -Wextra -Wpedantic -Werror)

find_program(CLANG_FORMAT clang-format)
if(CLANG_FORMAT)
  add_test(NAME house.format COMMAND sh -c
    "find src include tests bench -name '*.[ch]' | xargs ${CLANG_FORMAT} --dry-run --Werror"
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(house.format PROPERTIES WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
else()
  message(STATUS "clang-format is not there: house.format is not tested")
endif()

if(TARGET churn)
  add_test(NAME house.docs COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/cli/check_docs.sh $<TARGET_FILE:churn>
    ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/churn.1)
  set(flags "")
  if(CHURN_SANITIZE)
    set(flags "-fsanitize=address,undefined")
  endif()
  if(CHURN_COVERAGE)
    set(flags "--coverage")
  endif()
  add_test(NAME install.example COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/example/run.sh ${PROJECT_BINARY_DIR}
    ${PROJECT_SOURCE_DIR} "${flags}")
endif()
