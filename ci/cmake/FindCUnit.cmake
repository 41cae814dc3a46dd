#[[
FindCUnit: finds CUnit, and makes the target CUnit::CUnit.

Sets CUnit_FOUND, CUnit_VERSION, CUnit_INCLUDE_DIRS, CUnit_LIBRARIES. The cache
variables CUnit_INCLUDE_DIR and CUnit_LIBRARY can be set where it is in an
unusual place.
]]
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
    pkg_check_modules(PC_CUnit QUIET cunit)
endif()
find_path(CUnit_INCLUDE_DIR CUnit/CUnit.h HINTS ${PC_CUnit_INCLUDE_DIRS})
find_library(CUnit_LIBRARY cunit HINTS ${PC_CUnit_LIBRARY_DIRS})
mark_as_advanced(CUnit_INCLUDE_DIR CUnit_LIBRARY)

set(CUnit_VERSION "${PC_CUnit_VERSION}")
if(NOT CUnit_VERSION AND CUnit_INCLUDE_DIR)
    file(STRINGS "${CUnit_INCLUDE_DIR}/CUnit/CUnit.h" line REGEX "#define CU_VERSION ")
    string(REGEX MATCH "[0-9][0-9.-]*" CUnit_VERSION "${line}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
    CUnit REQUIRED_VARS CUnit_LIBRARY CUnit_INCLUDE_DIR VERSION_VAR CUnit_VERSION
)
if(CUnit_FOUND)
    set(CUnit_INCLUDE_DIRS "${CUnit_INCLUDE_DIR}")
    set(CUnit_LIBRARIES "${CUnit_LIBRARY}")
    if(NOT TARGET CUnit::CUnit)
        add_library(CUnit::CUnit UNKNOWN IMPORTED)
        set_target_properties(
            CUnit::CUnit PROPERTIES IMPORTED_LOCATION "${CUnit_LIBRARY}"
                                    INTERFACE_INCLUDE_DIRECTORIES "${CUnit_INCLUDE_DIR}"
        )
    endif()
endif()
