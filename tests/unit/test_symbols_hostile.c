/* Files that are not what a program has mapped, or have been damaged since. */
#include "support.h"
#include "traced_run.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FRAMES 8

/* A program, a file of its mappings, and a copy of that file, to be damaged. */
struct damage {
    struct traced traced;
    struct folder folder;
    char original[PATH_MAX];
    char copy[PATH_MAX];
    char *data;
    size_t size;
};

static void start(struct damage *damage, const char *program, const char *file)
{
    snprintf(damage->original, sizeof(damage->original), "%s/%s", LG_TRACED_DIR, file);
    damage->size = 0;
    damage->data = read_file(damage->original, &damage->size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(damage->data);
    CU_ASSERT_TRUE_FATAL(traced_start(&damage->traced, program, false));
    CU_ASSERT_TRUE_FATAL(folder_make(&damage->folder));
    folder_file(&damage->folder, "damaged", damage->copy);
}

static void end(struct damage *damage)
{
    traced_end(&damage->traced);
    folder_remove(&damage->folder);
    free(damage->data);
}

/* Looks LABEL up in the first SIZE bytes of the damaged data: whatever is told must be whole. */
static void look_up(const struct damage *damage, const char *label, size_t size)
{
    struct traced traced = {.output = damage->traced.output, .maps = damage->traced.maps};
    struct lg_frame frames[MAX_FRAMES];
    CU_ASSERT_TRUE(write_file(damage->copy, damage->data, size));
    traced_remap(&traced, damage->original, damage->copy);
    size_t count = traced_frames(&traced, label, frames, MAX_FRAMES);
    for (size_t i = 0; i < count; i++) {
        CU_ASSERT_STRING_EQUAL(frames[i].module, damage->copy);
        CU_ASSERT_EQUAL(frames[i].file == NULL, frames[i].line == 0);
        CU_ASSERT(frames[i].function == NULL || strlen(frames[i].function) < size);
        CU_ASSERT(frames[i].door == NULL || strlen(frames[i].door) < size);
    }
    lg_symbols_free(traced.symbols);
}

static void test_a_file_may_be_cut_anywhere(void)
{
    enum { STEPS = 64 };
    struct damage damage;
    start(&damage, "traced_doors", "libtraced_door.so");
    for (size_t step = 0; step <= STEPS; step++)
        look_up(&damage, "inside", damage.size * step / STEPS);
    end(&damage);
    start(&damage, "traced_plain", "traced_plain");
    for (size_t step = 0; step <= STEPS; step++)
        look_up(&damage, "innermost", damage.size * step / STEPS);
    end(&damage);
}

static void test_any_byte_of_a_file_may_be_another(void)
{
    struct damage damage;
    unsigned state = 1;
    start(&damage, "traced_doors", "libtraced_door.so");
    for (unsigned round = 0; round < 300; round++) {
        state = state * 1103515245 + 12345;
        /* The headers, mostly: what follows them is found by them. */
        size_t at = (state >> 8) % (round % 2 == 0 ? 1024 : damage.size);
        char whole = damage.data[at];
        damage.data[at] = (char)(state >> 3);
        look_up(&damage, "inside", damage.size);
        damage.data[at] = whole;
    }
    end(&damage);
}

static void test_a_file_may_be_something_else(void)
{
    struct damage damage;
    start(&damage, "traced_doors", "libtraced_door.so");
    memset(damage.data, 0x5a, damage.size);
    look_up(&damage, "inside", damage.size);
    look_up(&damage, "inside", 0);
    end(&damage);
}

int add_symbols_hostile_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_a_file_may_be_cut_anywhere),
        UNIT_TEST(test_any_byte_of_a_file_may_be_another),
        UNIT_TEST(test_a_file_may_be_something_else),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("symbols: hostile files", tests);
}
