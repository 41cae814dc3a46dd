# Names as files and as arguments, where tests are added and where they are discovered.

# Two names that differ only in what a file name cannot carry must not share a file.
function(_leakgate_file_name name out)
    string(REGEX REPLACE "[^A-Za-z0-9_.-]" "_" file "${name}")
    string(LENGTH "${file}" length)
    if(NOT file STREQUAL name OR length GREATER 150)
        string(MD5 digest "${name}")
        string(SUBSTRING ${digest} 0 8 digest)
        string(SUBSTRING "${file}" 0 150 file)
        string(APPEND file "-${digest}")
    endif()
    set(${out} "${file}" PARENT_SCOPE)
endfunction()

# TEXT as an argument that nothing is read into, whatever is in it.
function(_leakgate_quote text out)
    set(guard "=")
    string(FIND "${text}]" "]${guard}]" found)
    while(NOT found EQUAL -1)
        string(APPEND guard "=")
        string(FIND "${text}]" "]${guard}]" found)
    endwhile()
    set(${out} "[${guard}[${text}]${guard}]" PARENT_SCOPE)
endfunction()
