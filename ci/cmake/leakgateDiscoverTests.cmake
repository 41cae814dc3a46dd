# Lists the tests of a CUnit executable, and writes what CTest reads of them. Run as a script after a
# build, or included by CTest before it runs: TOLD names the file that says what to do.
cmake_minimum_required(VERSION 3.22)
include("${TOLD}")

include("${CMAKE_CURRENT_LIST_DIR}/leakgateText.cmake")

# Adds to OUT each element of a list, quoted.
function(_leakgate_quote_all list out)
    set(all)
    foreach(element IN LISTS list)
        _leakgate_quote("${element}" quoted)
        string(APPEND all " ${quoted}")
    endforeach()
    set(${out} "${all}" PARENT_SCOPE)
endfunction()

function(_leakgate_discover)
    set(filter)
    if(NOT TEST_FILTER STREQUAL "")
        set(filter --filter "${TEST_FILTER}")
    endif()
    # What the environment asks of a run is not for this one.
    set(unset)
    foreach(name ALLOW_GROWTH BUDGETS CODEQUALITY DEBUG EXPLAIN FILTER HTML JUNIT METRICS RATCHET SARIF
                 SHARD SUPPRESSIONS UPDATE_BUDGETS
    )
        list(APPEND unset "--unset=LEAKGATE_${name}")
    endforeach()
    execute_process(
        COMMAND "${CMAKE}" -E env ${unset} "${LEAKGATE}" run --list --json ${filter} --
                "${EXECUTABLE}" ${EXTRA_ARGS}
        WORKING_DIRECTORY "${WORKING_DIRECTORY}"
        TIMEOUT ${DISCOVERY_TIMEOUT}
        OUTPUT_VARIABLE json
        ERROR_VARIABLE errors
        RESULT_VARIABLE result
        ENCODING UTF8
    )
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "leakgate: the tests of ${EXECUTABLE} could not be listed (${result}):\n"
                            "${errors}What it prints is shown by: ${LEAKGATE} run --list -- "
                            "${EXECUTABLE}; EXTRA_ARGS and DISCOVERY_TIMEOUT may help"
        )
    endif()
    string(JSON count LENGTH "${json}")
    # Of tests that are no more, no report is to be left.
    file(GLOB old "${REPORT_DIR}/${REPORT_PREFIX}*.xml")
    if(old)
        file(REMOVE ${old})
    endif()
    _leakgate_quote_all("${RUN_OPTIONS}" options)
    _leakgate_quote_all("${EXTRA_ARGS}" arguments)
    _leakgate_quote_all("${PROPERTIES}" properties)
    _leakgate_quote("${LEAKGATE}" leakgate)
    _leakgate_quote("${EXECUTABLE}" executable)
    _leakgate_quote("${WORKING_DIRECTORY}" directory)
    _leakgate_quote("${LABELS}" labels)
    set(script)
    set(names)
    if(count GREATER 0)
        math(EXPR last "${count} - 1")
        foreach(i RANGE ${last})
            _leakgate_add("${i}")
        endforeach()
    endif()
    string(APPEND script "set(${TEST_LIST}${names})\n")
    file(WRITE "${TESTS_FILE}" "${script}")
endfunction()

# Adds test I of the list to `script`, and its name to `names`, of the caller.
macro(_leakgate_add i)
    string(JSON suite GET "${json}" ${i} suite)
    string(JSON name GET "${json}" ${i} name)
    string(JSON glob GET "${json}" ${i} filter)
    string(JSON active GET "${json}" ${i} active)
    string(JSON line ERROR_VARIABLE none GET "${json}" ${i} line)
    string(JSON file ERROR_VARIABLE none GET "${json}" ${i} file)
    set(full "${TEST_PREFIX}${suite}/${name}${TEST_SUFFIX}")
    _leakgate_file_name("${full}" report)
    _leakgate_quote("${full}" quoted)
    _leakgate_quote("${glob}" glob)
    _leakgate_quote("${REPORT_DIR}/${REPORT_PREFIX}${report}.xml" report)
    string(REPLACE ";" "\\;" element "${quoted}")
    string(APPEND names " ${element}")
    string(APPEND script
           "add_test(${quoted} ${leakgate} run --junit ${report} --omit-unselected --skip-status 77 --filter ${glob}"
           "${options} -- ${executable}${arguments})\n"
           "set_tests_properties(${quoted} PROPERTIES WORKING_DIRECTORY ${directory}"
           " SKIP_RETURN_CODE 77"
    )
    if(NOT LABELS STREQUAL "")
        string(APPEND script " LABELS ${labels}")
    endif()
    if(NOT file MATCHES "-NOTFOUND$")
        _leakgate_quote("${file}:${line}" place)
        string(APPEND script " DEF_SOURCE_LINE ${place}")
    endif()
    if(NOT active)
        string(APPEND script " DISABLED TRUE")
    endif()
    string(APPEND script "${properties})\n")
endmacro()

_leakgate_discover()
