#[[
leakgate_add_test(NAME <name> TARGET <executable>
                  [BUDGET <spec>] [RIGOR once|quick|standard|thorough] [TIMEOUT <seconds>]
                  [WORKING_DIRECTORY <folder>] [ARGS <argument>...])

Adds the CTest test <name>, which runs the CUnit executable <executable> under
leakgate. It fails if a test fails or leaks; the report is written to
<build tree>/leakgate/<name>.xml, as JUnit XML. TIMEOUT is the time each CUnit
test has; the CTest test has no other than CTest's own.
]]
function(leakgate_add_test)
    cmake_parse_arguments(
        PARSE_ARGV 0 arg "" "NAME;TARGET;BUDGET;RIGOR;TIMEOUT;WORKING_DIRECTORY" "ARGS"
    )
    if(NOT arg_NAME OR NOT arg_TARGET)
        message(FATAL_ERROR "leakgate_add_test: NAME and TARGET are required")
    endif()
    if(arg_UNPARSED_ARGUMENTS OR arg_KEYWORDS_MISSING_VALUES)
        message(
            FATAL_ERROR "leakgate_add_test(NAME ${arg_NAME}): unknown or without a value: "
                        "${arg_UNPARSED_ARGUMENTS} ${arg_KEYWORDS_MISSING_VALUES}"
        )
    endif()
    if(NOT TARGET ${arg_TARGET})
        message(FATAL_ERROR "leakgate_add_test(NAME ${arg_NAME}): there is no target ${arg_TARGET}")
    endif()

    # Two names that differ only in what a file name cannot carry must not share a file.
    string(REGEX REPLACE "[^A-Za-z0-9_.-]" "_" file "${arg_NAME}")
    if(NOT file STREQUAL arg_NAME)
        string(MD5 digest "${arg_NAME}")
        string(SUBSTRING ${digest} 0 8 digest)
        string(APPEND file "-${digest}")
    endif()

    set(options --junit "${CMAKE_BINARY_DIR}/leakgate/${file}.xml")
    foreach(option BUDGET RIGOR TIMEOUT)
        if(DEFINED arg_${option})
            string(TOLOWER ${option} flag)
            list(APPEND options --${flag} "${arg_${option}}")
        endif()
    endforeach()
    set(directory)
    if(DEFINED arg_WORKING_DIRECTORY)
        set(directory WORKING_DIRECTORY "${arg_WORKING_DIRECTORY}")
    endif()
    add_test(
        NAME "${arg_NAME}"
        COMMAND leakgate::leakgate run ${options} -- $<TARGET_FILE:${arg_TARGET}> ${arg_ARGS}
        ${directory}
    )
endfunction()
