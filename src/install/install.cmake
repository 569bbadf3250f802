# What `cmake --install` puts where: program, libraries, public headers, pkg-config file, CMake package, man page, completion, models.
include(CMakePackageConfigHelpers)

install(TARGETS churn_core churn_fit EXPORT churn ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/churn DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT churn NAMESPACE churn:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/churn)
if(TARGET churn)
  install(TARGETS churn RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

configure_package_config_file(src/install/churn-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/churn-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/churn)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/churn-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/churn-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/churn-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/churn)

# Relative to the file itself, so that `cmake --install --prefix` may put it anywhere.
file(RELATIVE_PATH CHURN_PC_PREFIX "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
configure_file(src/install/churn.pc.in churn.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/churn.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

configure_file(src/install/churn.1.in churn.1 @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/churn.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES src/install/churn.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME churn)

# Examples for who runs it every night; to be copied, not active where they lie. They name the program where it is installed, which
# `cmake --install --prefix` says last.
install(CODE "set(CMAKE_INSTALL_FULL_BINDIR \"${CMAKE_INSTALL_BINDIR}\")
  if(NOT IS_ABSOLUTE \"\${CMAKE_INSTALL_FULL_BINDIR}\")
    set(CMAKE_INSTALL_FULL_BINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  endif()")
foreach(example churn-nightly@.service churn-retrain@.service churn.cron)
  install(CODE "configure_file(\"${CMAKE_CURRENT_SOURCE_DIR}/src/install/service/${example}.in\"
    \"${CMAKE_CURRENT_BINARY_DIR}/service/${example}\" @ONLY)")
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/service/${example} DESTINATION ${CMAKE_INSTALL_DATADIR}/churn/service)
endforeach()
install(FILES src/install/service/churn-nightly@.timer src/install/service/churn-retrain@.timer src/install/service/churn.logrotate
  DESTINATION ${CMAKE_INSTALL_DATADIR}/churn/service)
install(DIRECTORY models DESTINATION ${CMAKE_INSTALL_DATADIR}/churn)
install(DIRECTORY datasets/ DESTINATION ${CMAKE_INSTALL_DATADIR}/churn/datasets PATTERN pages EXCLUDE) # pages: pictures
install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
