# What `cpack` makes: a .deb and a .tgz.
set(CPACK_PACKAGE_NAME leakgate)
set(CPACK_PACKAGE_VENDOR leakgate)
set(CPACK_PACKAGE_CONTACT "leakgate <leakgate@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "leak-regression gate for C test suites")
set(CPACK_PACKAGE_DESCRIPTION
    "Runs an unmodified CUnit executable, each test in a process of its own, and fails those whose
memory grows beyond their budget, in JUnit XML, naming the line that leaks."
)
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_GENERATOR "DEB;TGZ")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libcunit1-dev")
include(CPack)
