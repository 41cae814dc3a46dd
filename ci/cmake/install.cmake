# What `cmake --install` gives: the runner, the agent, the public header, the CMake package.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/leakgate)

set(leakgate_modules ci/cmake/leakgateAddTest.cmake ci/cmake/leakgateDiscoverTests.cmake
                     ci/cmake/leakgateText.cmake
                     ci/cmake/FindCUnit.cmake
)

install(TARGETS leakgate EXPORT leakgateTargets RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(
    TARGETS leakgate_agent
    EXPORT leakgateTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/leakgate
)
install(DIRECTORY include/leakgate DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT leakgateTargets NAMESPACE leakgate:: DESTINATION ${package_dir})

configure_package_config_file(
    ci/cmake/leakgateConfig.cmake.in ${PROJECT_BINARY_DIR}/leakgateConfig.cmake
    INSTALL_DESTINATION ${package_dir}
)
write_basic_package_version_file(
    ${PROJECT_BINARY_DIR}/leakgateConfigVersion.cmake COMPATIBILITY SameMinorVersion
)
install(
    FILES ${PROJECT_BINARY_DIR}/leakgateConfig.cmake
          ${PROJECT_BINARY_DIR}/leakgateConfigVersion.cmake ${leakgate_modules}
    DESTINATION ${package_dir}
)

# For projects without CMake: `pkg-config --variable=leakgate leakgate` is the runner.
file(RELATIVE_PATH leakgate_prefix_from_pc /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" leakgate_prefix_from_pc "${leakgate_prefix_from_pc}")
configure_file(ci/cmake/leakgate.pc.in ${PROJECT_BINARY_DIR}/leakgate.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/leakgate.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
