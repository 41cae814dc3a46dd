/* The frames of calls in the programs of traced/, wherever their debug information is. */
#include "scarce.h"
#include "support.h"
#include "traced_run.h"
#include "unit.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_FRAMES 8
#define TOO_MANY 200 /* allocations */

/* Whether PROGRAM could be built here. */
static bool is_built(const char *program)
{
    const char *at = strstr(LG_TRACED, program);
    return at != NULL && strchr(" ", at[strlen(program)]) != NULL;
}

/* The two calls of traced/inlines.c: one in functions inlined into each other, one alone. */
static void check_inlines(const struct traced *traced)
{
    struct lg_frame frames[MAX_FRAMES];
    CU_ASSERT_EQUAL_FATAL(traced_frames(traced, "innermost", frames, MAX_FRAMES), 3);
    CU_ASSERT_TRUE(traced_is_at(&frames[0], "innermost", "inlines.c", "innermost"));
    CU_ASSERT_TRUE(traced_is_at(&frames[1], "middle", "inlines.c", "middle"));
    CU_ASSERT_TRUE(traced_is_at(&frames[2], "outer", "inlines.c", "outer"));
    CU_ASSERT_TRUE(frames[0].inlined && frames[1].inlined && !frames[2].inlined);
    CU_ASSERT_EQUAL_FATAL(traced_frames(traced, "alone", frames, MAX_FRAMES), 1);
    CU_ASSERT_TRUE(traced_is_at(&frames[0], "outer", "inlines.c", "alone"));
    CU_ASSERT_FALSE(frames[0].inlined);
    CU_ASSERT_PTR_NULL(frames[0].door);
}

static void check_program(const char *program)
{
    struct traced traced;
    if (!is_built(program))
        return;
    CU_ASSERT_TRUE_FATAL(traced_start(&traced, program, false));
    check_inlines(&traced);
    traced_end(&traced);
}

static void test_each_inlined_function_is_a_frame(void)
{
    check_program("traced_plain");
}

static void test_dwarf_4_tells_the_same(void)
{
    check_program("traced_dwarf4");
}

static void test_line_tables_alone_tell_the_same(void)
{
    check_program("traced_lines");
}

static void test_split_debug_information_is_found(void)
{
    check_program("traced_split");
    check_program("traced_split4");
}

static void test_compressed_debug_information_is_read(void)
{
    check_program("traced_compressed");
}

static void test_link_time_optimization_hides_no_frame(void)
{
    check_program("traced_lto");
}

static void test_partial_units_are_read(void)
{
    check_program("traced_partial");
}

static void test_debug_information_in_a_file_beside_the_program_is_found(void)
{
    check_program("traced_detached");
}

static void test_a_frame_names_module_offset_and_build_id(void)
{
    struct traced traced;
    struct lg_frame frames[2];
    uint64_t address;
    if (!is_built("traced_remote"))
        return;
    CU_ASSERT_TRUE_FATAL(traced_start(&traced, "traced_remote", false));
    CU_ASSERT_EQUAL_FATAL(traced_addresses(&traced, "alone", 0, &address, 1), 1);
    CU_ASSERT_EQUAL_FATAL(lg_symbols_frames(traced.symbols, address, frames, 2), 1);
    CU_ASSERT_STRING_EQUAL(frames[0].module, LG_TRACED_DIR "/traced_remote");
    CU_ASSERT_EQUAL(frames[0].offset, address - strtoull(traced.maps, NULL, 16));
    CU_ASSERT_PTR_NOT_NULL_FATAL(frames[0].build_id);
    CU_ASSERT_STRING_EQUAL(frames[0].build_id, "1ea4c0de");
    CU_ASSERT_PTR_NULL(frames[0].function);
    CU_ASSERT_PTR_NULL(frames[0].file);
    CU_ASSERT_EQUAL(frames[0].line, 0);
    traced_end(&traced);
}

static void test_the_offset_is_from_the_functions_start(void)
{
    struct traced traced;
    struct lg_frame first[MAX_FRAMES];
    struct lg_frame second[MAX_FRAMES];
    uint64_t addresses[2];
    CU_ASSERT_TRUE_FATAL(traced_start(&traced, "traced_plain", false));
    traced_addresses(&traced, "innermost", 0, &addresses[0], 1);
    traced_addresses(&traced, "alone", 0, &addresses[1], 1);
    CU_ASSERT_EQUAL_FATAL(traced_frames(&traced, "innermost", first, MAX_FRAMES), 3);
    CU_ASSERT_EQUAL_FATAL(traced_frames(&traced, "alone", second, MAX_FRAMES), 1);
    struct lg_location outer = lg_symbols_function(traced.symbols, addresses[0] - first[2].offset);
    CU_ASSERT_STRING_EQUAL(outer.function, "outer");
    CU_ASSERT(first[0].offset > 0);
    CU_ASSERT_EQUAL(first[0].offset, first[2].offset);
    CU_ASSERT_EQUAL(second[0].offset - first[0].offset, addresses[1] - addresses[0]);
    traced_end(&traced);
}

static void test_cxx_functions_are_named_with_their_scopes(void)
{
    struct traced traced;
    struct lg_frame frames[MAX_FRAMES];
    if (!is_built("traced_scopes"))
        return;
    CU_ASSERT_TRUE_FATAL(traced_start(&traced, "traced_scopes", false));
    CU_ASSERT_EQUAL_FATAL(traced_frames(&traced, "copy", frames, MAX_FRAMES), 2);
    CU_ASSERT_TRUE(traced_is_at(&frames[0], "shapes::Box::copy", "scopes.cpp", "copy"));
    CU_ASSERT_TRUE(traced_is_at(&frames[1], "shapes::Box::clone", "scopes.cpp", "clone"));
    CU_ASSERT_EQUAL_FATAL(traced_frames(&traced, "make", frames, MAX_FRAMES), 1);
    CU_ASSERT_TRUE(traced_is_at(&frames[0], "shapes::(anonymous namespace)::make<shapes::Box>",
                                "scopes.cpp", "make"));
    CU_ASSERT_EQUAL_FATAL(traced_frames(&traced, "plain", frames, MAX_FRAMES), 1);
    CU_ASSERT_TRUE(traced_is_at(&frames[0], "plain", "scopes.cpp", "plain"));
    traced_end(&traced);
}

static void test_without_debug_information_the_symbol_is_named(void)
{
    struct traced traced;
    struct lg_frame frames[2];
    if (!is_built("traced_mangled"))
        return;
    CU_ASSERT_TRUE_FATAL(traced_start(&traced, "traced_mangled", false));
    CU_ASSERT_EQUAL_FATAL(traced_frames(&traced, "copy", frames, 2), 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(frames[0].function);
    CU_ASSERT_STRING_EQUAL(frames[0].function, "_ZN6shapes3Box5cloneEv");
    CU_ASSERT_PTR_NULL(frames[0].file);
    traced_end(&traced);
}

static void test_a_function_without_symbol_is_told_by_the_one_that_jumps_to_it(void)
{
#if defined(__x86_64__) || defined(__aarch64__)
    struct traced traced;
    struct lg_frame frames[2];
    CU_ASSERT_TRUE_FATAL(traced_start(&traced, "traced_doors", false));
    CU_ASSERT_EQUAL_FATAL(traced_frames(&traced, "inside", frames, 2), 1);
    CU_ASSERT_PTR_NULL(frames[0].function);
    CU_ASSERT_PTR_NOT_NULL_FATAL(frames[0].door);
    CU_ASSERT_STRING_EQUAL(frames[0].door, "open_door");
    traced_end(&traced);
    /* Nothing jumps there from what has no symbols at all. */
    CU_ASSERT_TRUE_FATAL(traced_start(&traced, "traced_stripped", false));
    CU_ASSERT_EQUAL_FATAL(traced_frames(&traced, "alone", frames, 2), 1);
    CU_ASSERT_PTR_NULL(frames[0].door);
    traced_end(&traced);
#endif
}

static void test_no_more_frames_than_there_is_room_for_are_stored(void)
{
    struct traced traced;
    struct lg_frame frames[MAX_FRAMES] = {0};
    CU_ASSERT_TRUE_FATAL(traced_start(&traced, "traced_plain", false));
    CU_ASSERT_EQUAL(traced_frames(&traced, "innermost", frames, 0), 0);
    for (size_t asked = 1; asked <= 3; asked++) {
        CU_ASSERT_EQUAL(traced_frames(&traced, "innermost", frames, asked), asked);
        CU_ASSERT_PTR_NULL(frames[asked].module);
    }
    memset(frames, 0, sizeof(frames));
    CU_ASSERT_EQUAL(traced_frames(&traced, "innermost", frames, 1), 1);
    CU_ASSERT_TRUE(traced_is_at(&frames[0], "innermost", "inlines.c", "innermost"));
    CU_ASSERT_PTR_NULL(frames[1].module);
    traced_end(&traced);
}

static void test_an_address_asked_for_again_has_the_same_frames(void)
{
    enum { ADDRESSES = 500 };
    struct traced traced;
    struct lg_frame first[ADDRESSES][MAX_FRAMES] = {0};
    size_t counts[ADDRESSES];
    uint64_t start;
    CU_ASSERT_TRUE_FATAL(traced_start(&traced, "traced_plain", false));
    CU_ASSERT_EQUAL_FATAL(traced_addresses(&traced, "innermost", 0, &start, 1), 1);
    for (size_t i = 0; i < ADDRESSES; i++)
        counts[i] = lg_symbols_frames(traced.symbols, start + i, first[i], MAX_FRAMES);
    for (size_t i = 0; i < ADDRESSES; i++) {
        struct lg_frame second[MAX_FRAMES] = {0};
        CU_ASSERT_EQUAL(lg_symbols_frames(traced.symbols, start + i, second, MAX_FRAMES),
                        counts[i]);
        CU_ASSERT_EQUAL(memcmp(second, first[i], sizeof(second)), 0);
    }
    check_inlines(&traced);
    traced_end(&traced);
}

static void test_where_no_module_is_there_are_no_frames(void)
{
    struct traced traced;
    struct lg_frame frame;
    CU_ASSERT_TRUE_FATAL(traced_start(&traced, "traced_plain", false));
    CU_ASSERT_EQUAL(lg_symbols_frames(traced.symbols, 0, &frame, 1), 0);
    CU_ASSERT_EQUAL(lg_symbols_frames(traced.symbols, 1, &frame, 1), 0);
    CU_ASSERT_EQUAL(lg_symbols_frames(traced.symbols, UINT64_MAX, &frame, 1), 0);
    CU_ASSERT_EQUAL(lg_symbols_frames(NULL, 0x401000, &frame, 1), 0);
    traced_end(&traced);
}

static void test_a_module_whose_file_is_gone_is_still_named(void)
{
    struct lg_frame frame;
    struct lg_symbols *symbols =
        lg_symbols_new("400000-401000 r--p 00000000 fe:00 7 /no/such/folder/tests\n"
                       "401000-402000 r-xp 00001000 fe:00 7 /no/such/folder/tests\n",
                       false);
    CU_ASSERT_PTR_NOT_NULL_FATAL(symbols);
    CU_ASSERT_EQUAL_FATAL(lg_symbols_frames(symbols, 0x401010, &frame, 1), 1);
    CU_ASSERT_STRING_EQUAL(frame.module, "/no/such/folder/tests");
    CU_ASSERT_EQUAL(frame.offset, 0x1010);
    CU_ASSERT_PTR_NULL(frame.function);
    CU_ASSERT_PTR_NULL(frame.file);
    CU_ASSERT_PTR_NULL(frame.build_id);
    lg_symbols_free(symbols);
}

/* In a process of its own: the environment and libdebuginfod's threads end with it. Exits 0
 * if the lines are known just where the question was allowed. */
static void ask_for_lines(bool allowed, const char *cache)
{
    struct traced traced;
    struct lg_frame frames[MAX_FRAMES];
    static const char urls[] = "file://" LG_TRACED_DIR "/server";
    setenv("DEBUGINFOD_URLS", urls, 1);
    setenv("DEBUGINFOD_CACHE_PATH", cache, 1);
    bool known = traced_start(&traced, "traced_remote", allowed) &&
                 traced_frames(&traced, "innermost", frames, MAX_FRAMES) == 3 &&
                 traced_is_at(&frames[0], "innermost", "inlines.c", "innermost");
    const char *kept = getenv("DEBUGINFOD_URLS");
    _exit(known == allowed && kept != NULL && strcmp(kept, urls) == 0 ? 0 : 1);
}

static bool libdebuginfod_is_there(void)
{
    void *library = dlopen("libdebuginfod.so.1", RTLD_LAZY);
    return library != NULL && dlclose(library) == 0;
}

static void test_servers_are_asked_only_where_that_is_allowed(void)
{
    struct folder cache;
    bool can_ask = is_built("traced_remote") && libdebuginfod_is_there();
    CU_ASSERT_TRUE_FATAL(folder_make(&cache));
    for (int allowed = 0; can_ask && allowed <= 1; allowed++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0)
            ask_for_lines(allowed == 1, cache.path);
        CU_ASSERT(child > 0 && waitpid(child, &status, 0) == child);
        CU_ASSERT_EQUAL(status, 0);
        CU_ASSERT_EQUAL(folder_entries(cache.path) > 0, allowed == 1);
    }
    folder_remove(&cache);
}

/* Looks the call up as the NUMBER-th allocation fails. Returns whether one did. */
static bool look_up(const char *maps, uint64_t address, unsigned number)
{
    struct lg_frame frames[MAX_FRAMES];
    struct lg_symbols *symbols = lg_symbols_new(maps, false);
    CU_ASSERT_PTR_NOT_NULL_FATAL(symbols);
    scarce_memory(number);
    size_t count = lg_symbols_frames(symbols, address, frames, MAX_FRAMES);
    bool ran_out = scarce_memory_ran_out();
    scarce_memory(0);
    CU_ASSERT(count >= 1 && count <= 3);
    CU_ASSERT_PTR_NOT_NULL(frames[0].module);
    CU_ASSERT_PTR_NOT_NULL(frames[0].file);
    CU_ASSERT(lg_symbols_frames(symbols, address, frames, MAX_FRAMES) >= count);
    lg_symbols_free(symbols);
    return ran_out;
}

static void test_without_memory_there_is_a_frame_at_least(void)
{
    struct traced traced;
    uint64_t address;
    unsigned number = 1;
    CU_ASSERT_TRUE_FATAL(traced_start(&traced, "traced_plain", false));
    CU_ASSERT_EQUAL_FATAL(traced_addresses(&traced, "innermost", 0, &address, 1), 1);
    while (number < TOO_MANY && look_up(traced.maps, address, number))
        number++;
    CU_ASSERT(number > 3 && number < TOO_MANY);
    traced_end(&traced);
}

int add_symbols_frames_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_each_inlined_function_is_a_frame),
        UNIT_TEST(test_dwarf_4_tells_the_same),
        UNIT_TEST(test_line_tables_alone_tell_the_same),
        UNIT_TEST(test_split_debug_information_is_found),
        UNIT_TEST(test_compressed_debug_information_is_read),
        UNIT_TEST(test_link_time_optimization_hides_no_frame),
        UNIT_TEST(test_partial_units_are_read),
        UNIT_TEST(test_debug_information_in_a_file_beside_the_program_is_found),
        UNIT_TEST(test_a_frame_names_module_offset_and_build_id),
        UNIT_TEST(test_the_offset_is_from_the_functions_start),
        UNIT_TEST(test_cxx_functions_are_named_with_their_scopes),
        UNIT_TEST(test_without_debug_information_the_symbol_is_named),
        UNIT_TEST(test_a_function_without_symbol_is_told_by_the_one_that_jumps_to_it),
        UNIT_TEST(test_no_more_frames_than_there_is_room_for_are_stored),
        UNIT_TEST(test_an_address_asked_for_again_has_the_same_frames),
        UNIT_TEST(test_where_no_module_is_there_are_no_frames),
        UNIT_TEST(test_a_module_whose_file_is_gone_is_still_named),
        UNIT_TEST(test_servers_are_asked_only_where_that_is_allowed),
        UNIT_TEST(test_without_memory_there_is_a_frame_at_least),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("symbols: frames", tests);
}
