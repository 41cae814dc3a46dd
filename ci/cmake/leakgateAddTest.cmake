#[[
leakgate_add_test(NAME <name> TARGET <executable> [<option>...] [JOBS <n>|auto]
                  [WORKING_DIRECTORY <folder>] [ARGS <argument>...]
                  [LABELS <label>...] [PROPERTIES <name> <value>...])

Adds the CTest test <name>, which runs the CUnit executable <executable> under
leakgate. It fails if a test fails or leaks; the report is written to
<build tree>/leakgate/<name>.xml, as JUnit XML. With JOBS, so many of its CUnit
tests run at a time; of a number, CTest counts them as PROCESSORS.

leakgate_discover_tests(<executable> [<option>...]
                        [WORKING_DIRECTORY <folder>] [EXTRA_ARGS <argument>...]
                        [TEST_PREFIX <prefix>] [TEST_SUFFIX <suffix>]
                        [TEST_FILTER <glob>] [LABELS <label>...]
                        [PROPERTIES <name> <value>...] [TEST_LIST <variable>]
                        [DISCOVERY_TIMEOUT <seconds>]
                        [DISCOVERY_MODE POST_BUILD|PRE_TEST])

Adds a CTest test for each CUnit test of <executable>, named
<prefix>SUITE/TEST<suffix>: when it is built (POST_BUILD, the default, or what
CMAKE_LEAKGATE_DISCOVER_TESTS_DISCOVERY_MODE says), or when CTest starts
(PRE_TEST). Each writes a report of its own to <build tree>/leakgate/; `leakgate
merge` joins them. Until the executable is built, there is one test,
<executable>_NOT_BUILT. CTest scripts find the names in <variable>, by default
<executable>_TESTS (CMake has no lists with a [ or ] that stands alone: such a
name is there for CTest, but not in the list). Where a test is defined is its property DEF_SOURCE_LINE; one
that is inactive in CUnit is DISABLED.

The options are those of `leakgate run`: BUDGET <spec>, BUDGETS <file>,
SUPPRESSIONS <file>, RIGOR once|quick|standard|thorough,
ISOLATION auto|fork|carry, TIMEOUT <seconds>, and OPTIONS <option>... for any
other. TIMEOUT is the time that each CUnit test has, unless it says so itself
(leakgate_timeout); the CTest test has no other than CTest's own. Files are relative to the current source folder.
]]

cmake_policy(PUSH)
cmake_policy(VERSION 3.22)

include("${CMAKE_CURRENT_LIST_DIR}/leakgateText.cmake")

# What both functions make of the arguments that they share: `arg_...` of the caller.
macro(_leakgate_check_arguments call)
    # A list may be empty.
    list(REMOVE_ITEM arg_KEYWORDS_MISSING_VALUES ARGS EXTRA_ARGS OPTIONS LABELS PROPERTIES)
    if(arg_UNPARSED_ARGUMENTS OR arg_KEYWORDS_MISSING_VALUES)
        message(FATAL_ERROR "${call}: unknown or without a value: "
                            "${arg_UNPARSED_ARGUMENTS} ${arg_KEYWORDS_MISSING_VALUES}"
        )
    endif()
    if(NOT TARGET "${arg_TARGET}")
        message(FATAL_ERROR "${call}: there is no target ${arg_TARGET}")
    endif()
    set(options)
    foreach(option BUDGET RIGOR ISOLATION TIMEOUT JOBS)
        if(DEFINED arg_${option})
            string(TOLOWER ${option} flag)
            list(APPEND options "--${flag}" "${arg_${option}}")
        endif()
    endforeach()
    foreach(option BUDGETS SUPPRESSIONS)
        if(DEFINED arg_${option})
            string(TOLOWER ${option} flag)
            get_filename_component(
                path "${arg_${option}}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}"
            )
            list(APPEND options "--${flag}" "${path}")
        endif()
    endforeach()
    if(DEFINED arg_OPTIONS)
        string(APPEND options ";${arg_OPTIONS}") # as it is: with what is escaped in it
    endif()
    # A project that builds leakgate itself has to have it before the tests.
    get_target_property(imported leakgate::leakgate IMPORTED)
    if(NOT imported)
        add_dependencies("${arg_TARGET}" leakgate leakgate_agent)
    endif()
endmacro()

function(leakgate_add_test)
    cmake_parse_arguments(
        PARSE_ARGV 0 arg "" "NAME;TARGET;WORKING_DIRECTORY;BUDGET;BUDGETS;SUPPRESSIONS;RIGOR;ISOLATION;TIMEOUT;JOBS"
        "ARGS;OPTIONS;LABELS;PROPERTIES"
    )
    if(NOT DEFINED arg_NAME OR NOT DEFINED arg_TARGET OR "${arg_NAME}" STREQUAL "")
        message(FATAL_ERROR "leakgate_add_test: NAME and TARGET are required")
    endif()
    _leakgate_check_arguments("leakgate_add_test(NAME ${arg_NAME})")
    _leakgate_file_name("${arg_NAME}" file)
    # Another folder may have a test of that name.
    get_property(taken GLOBAL PROPERTY LEAKGATE_FILES)
    if(file IN_LIST taken)
        string(MD5 digest "${CMAKE_CURRENT_BINARY_DIR}")
        string(SUBSTRING ${digest} 0 8 digest)
        string(APPEND file "-${digest}")
    endif()
    set_property(GLOBAL APPEND PROPERTY LEAKGATE_FILES "${file}")
    set(directory)
    if(DEFINED arg_WORKING_DIRECTORY)
        set(directory WORKING_DIRECTORY "${arg_WORKING_DIRECTORY}")
    endif()
    add_test(
        NAME "${arg_NAME}"
        COMMAND leakgate::leakgate run --junit "${CMAKE_BINARY_DIR}/leakgate/${file}.xml"
                ${options} -- $<TARGET_FILE:${arg_TARGET}> ${arg_ARGS} ${directory}
    )
    if("${arg_JOBS}" MATCHES "^[0-9]+$")
        set_tests_properties("${arg_NAME}" PROPERTIES PROCESSORS "${arg_JOBS}")
    endif()
    if(DEFINED arg_LABELS)
        set_tests_properties("${arg_NAME}" PROPERTIES LABELS "${arg_LABELS}")
    endif()
    if(DEFINED arg_PROPERTIES)
        set_tests_properties("${arg_NAME}" PROPERTIES ${arg_PROPERTIES})
    endif()
endfunction()

function(leakgate_discover_tests target)
    cmake_parse_arguments(
        PARSE_ARGV 1 arg ""
        "WORKING_DIRECTORY;TEST_PREFIX;TEST_SUFFIX;TEST_FILTER;TEST_LIST;DISCOVERY_TIMEOUT;DISCOVERY_MODE;BUDGET;BUDGETS;SUPPRESSIONS;RIGOR;ISOLATION;TIMEOUT"
        "EXTRA_ARGS;OPTIONS;LABELS;PROPERTIES"
    )
    set(arg_TARGET "${target}")
    unset(arg_JOBS) # each is one test: this is a variable of the caller's own
    _leakgate_check_arguments("leakgate_discover_tests(${target})")
    if(NOT DEFINED arg_DISCOVERY_MODE)
        set(arg_DISCOVERY_MODE POST_BUILD)
        if(CMAKE_LEAKGATE_DISCOVER_TESTS_DISCOVERY_MODE)
            set(arg_DISCOVERY_MODE "${CMAKE_LEAKGATE_DISCOVER_TESTS_DISCOVERY_MODE}")
        endif()
    endif()
    if(NOT arg_DISCOVERY_MODE MATCHES "^(POST_BUILD|PRE_TEST)$")
        message(FATAL_ERROR "leakgate_discover_tests(${target}): unknown DISCOVERY_MODE "
                            "'${arg_DISCOVERY_MODE}' (POST_BUILD, PRE_TEST)"
        )
    endif()
    if(NOT DEFINED arg_DISCOVERY_TIMEOUT)
        set(arg_DISCOVERY_TIMEOUT 5)
    endif()
    if(NOT DEFINED arg_WORKING_DIRECTORY)
        set(arg_WORKING_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
    endif()
    if(NOT DEFINED arg_TEST_LIST)
        set(arg_TEST_LIST "${target}_TESTS")
    endif()

    # Each call for a target has files of its own, and each configuration.
    get_property(count TARGET ${target} PROPERTY LEAKGATE_DISCOVERED)
    math(EXPR count "${count} + 1")
    set_property(TARGET ${target} PROPERTY LEAKGATE_DISCOVERED ${count})
    set(base "${CMAKE_CURRENT_BINARY_DIR}/${target}[${count}]")
    string(MD5 tag "${base}")
    string(SUBSTRING ${tag} 0 8 tag)

    # What the discovery is told, as a script: arguments pass through no shell.
    set(told)
    foreach(
        name
        TEST_PREFIX
        TEST_SUFFIX
        TEST_FILTER
        TEST_LIST
        DISCOVERY_TIMEOUT
        WORKING_DIRECTORY
        LABELS
        PROPERTIES
        EXTRA_ARGS
    )
        _leakgate_quote("${arg_${name}}" value)
        string(APPEND told "set(${name} ${value})\n")
    endforeach()
    _leakgate_quote("${options}" value)
    string(APPEND told "set(RUN_OPTIONS ${value})\n")
    _leakgate_quote("${CMAKE_BINARY_DIR}/leakgate" value)
    string(APPEND told "set(REPORT_DIR ${value})\nset(REPORT_PREFIX [==[${target}-${tag}.]==])\n")
    _leakgate_quote("${CMAKE_COMMAND}" value)
    string(APPEND told "set(CMAKE ${value})\n")
    file(GENERATE OUTPUT "${base}_told-$<CONFIG>.cmake"
         CONTENT "${told}set(LEAKGATE [==[$<TARGET_FILE:leakgate::leakgate>]==])
set(EXECUTABLE [==[$<TARGET_FILE:${target}>]==])
set(TESTS_FILE [==[${base}_tests-$<CONFIG>.cmake]==])
"
    )
    set(discover "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/leakgateDiscoverTests.cmake")
    if(arg_DISCOVERY_MODE STREQUAL "POST_BUILD")
        # Other options are other tests: the commands after the build run once more.
        set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${base}_told-$<CONFIG>.cmake")
        add_custom_command(
            TARGET ${target}
            POST_BUILD
            BYPRODUCTS "${base}_tests-$<CONFIG>.cmake"
            COMMAND "${CMAKE_COMMAND}" -D "TOLD=${base}_told-$<CONFIG>.cmake" -P "${discover}"
            VERBATIM
        )
    endif()
    # Without a build type there is one configuration, of no name.
    get_property(multi GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
    set(configuration "${CMAKE_BUILD_TYPE}")
    if(multi)
        set(configuration "\${CTEST_CONFIGURATION_TYPE}")
    endif()
    string(
        CONCAT include
               "set(leakgate_base [==[${base}]==])\n"
               "set(leakgate_told \"\${leakgate_base}_told-${configuration}.cmake\")\n"
               "set(leakgate_tests \"\${leakgate_base}_tests-${configuration}.cmake\")\n"
    )
    if(arg_DISCOVERY_MODE STREQUAL "PRE_TEST")
        string(
            APPEND include
            "if(EXISTS \"\${leakgate_told}\")\n"
            "    include(\"\${leakgate_told}\")\n"
            "    if(EXISTS \"\${EXECUTABLE}\" AND (NOT EXISTS \"\${leakgate_tests}\" OR\n"
            "       \"\${EXECUTABLE}\" IS_NEWER_THAN \"\${leakgate_tests}\" OR\n"
            "       \"\${leakgate_told}\" IS_NEWER_THAN \"\${leakgate_tests}\"))\n"
            "        set(TOLD \"\${leakgate_told}\")\n"
            "        include([==[${discover}]==])\n"
            "    endif()\n"
            "endif()\n"
        )
    endif()
    string(
        APPEND include
        "if(EXISTS \"\${leakgate_tests}\")\n"
        "    include(\"\${leakgate_tests}\")\n"
        "else()\n"
        "    add_test([==[${target}_NOT_BUILT]==] [==[${target}_NOT_BUILT]==])\n"
        "endif()\n"
    )
    file(WRITE "${base}_include.cmake" "${include}")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${base}_include.cmake")
endfunction()

cmake_policy(POP)
