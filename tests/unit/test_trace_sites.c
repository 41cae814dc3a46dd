/* The call sites of the traced run, by their stacks. */
#include "agent/trace/sites.h"
#include "support.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define OPERATIONS 120000

/* Zeroed, and given only where it is written to. */
static void start(struct lg_sites *sites)
{
    void *memory = mmap(NULL, lg_sites_memory_bytes(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_FATAL(memory != MAP_FAILED);
    lg_sites_init(sites, memory);
}

/* The rows are where the memory begins. */
static void end(struct lg_sites *sites)
{
    munmap(sites->rows, lg_sites_memory_bytes());
}

static const uint64_t frames[] = {0x401000, 0x402000, 0x403000, 0x404000};

static void test_the_same_stack_is_the_same_site(void)
{
    struct lg_sites sites;
    const uint64_t copy[] = {0x401000, 0x402000, 0x403000};
    start(&sites);
    uint32_t site = lg_sites_find(&sites, LG_SITE_BLOCK, frames, 3);
    CU_ASSERT(site != 0);
    CU_ASSERT_EQUAL(lg_sites_find(&sites, LG_SITE_BLOCK, copy, 3), site);
    CU_ASSERT_EQUAL(sites.count, 2);
    CU_ASSERT_EQUAL(sites.frames_count, 3);
    CU_ASSERT_EQUAL(sites.lost, 0);
    end(&sites);
}

static void test_a_site_keeps_its_kind_and_frames(void)
{
    struct lg_sites sites;
    start(&sites);
    lg_sites_find(&sites, LG_SITE_BLOCK, frames + 1, 2);
    uint32_t site = lg_sites_find(&sites, LG_SITE_CHILD, frames, 4);
    const struct lg_traced_site *row = &sites.rows[site];
    CU_ASSERT_EQUAL(row->kind, LG_SITE_CHILD);
    CU_ASSERT_EQUAL(row->depth, 4);
    CU_ASSERT_EQUAL(memcmp(sites.frames + row->first_frame, frames, sizeof(frames)), 0);
    CU_ASSERT(row->bytes == 0 && row->count == 0 && row->parts == 0);
    CU_ASSERT(row->marked_bytes == 0 && row->marked_count == 0);
    end(&sites);
}

static void test_another_kind_is_another_site(void)
{
    struct lg_sites sites;
    uint32_t found[LG_SITE_KIND_COUNT];
    start(&sites);
    for (uint32_t kind = 0; kind < LG_SITE_KIND_COUNT; kind++)
        found[kind] = lg_sites_find(&sites, (enum lg_site_kind)kind, frames, 4);
    for (uint32_t a = 0; a < LG_SITE_KIND_COUNT; a++) {
        CU_ASSERT(found[a] != 0);
        for (uint32_t b = 0; b < a; b++)
            CU_ASSERT(found[a] != found[b]);
    }
    end(&sites);
}

static void test_stacks_that_differ_in_one_frame_are_two_sites(void)
{
    struct lg_sites sites;
    start(&sites);
    uint32_t site = lg_sites_find(&sites, LG_SITE_BLOCK, frames, 4);
    for (size_t i = 0; i < 4; i++) {
        uint64_t other[4];
        memcpy(other, frames, sizeof(frames));
        other[i]++;
        CU_ASSERT(lg_sites_find(&sites, LG_SITE_BLOCK, other, 4) != site);
    }
    CU_ASSERT_EQUAL(sites.count, 6);
    end(&sites);
}

static void test_a_part_of_a_stack_is_another_site(void)
{
    struct lg_sites sites;
    uint32_t found[5];
    start(&sites);
    for (size_t depth = 0; depth <= 4; depth++) {
        found[depth] = lg_sites_find(&sites, LG_SITE_BLOCK, frames, depth);
        CU_ASSERT(found[depth] != 0);
        for (size_t shorter = 0; shorter < depth; shorter++)
            CU_ASSERT(found[shorter] != found[depth]);
    }
    for (size_t depth = 0; depth <= 4; depth++)
        CU_ASSERT_EQUAL(lg_sites_find(&sites, LG_SITE_BLOCK, frames, depth), found[depth]);
    end(&sites);
}

static void test_what_is_held_adds_up_and_nobody_is_no_site(void)
{
    struct lg_sites sites;
    start(&sites);
    uint32_t site = lg_sites_find(&sites, LG_SITE_BLOCK, frames, 2);
    uint32_t other = lg_sites_find(&sites, LG_SITE_BLOCK, frames, 3);
    lg_sites_add(&sites, site, 100, 2);
    lg_sites_add(&sites, site, -60, -1);
    lg_sites_add(&sites, 0, 4711, 4711);
    CU_ASSERT_EQUAL(sites.rows[site].bytes, 40);
    CU_ASSERT_EQUAL(sites.rows[site].count, 1);
    CU_ASSERT(sites.rows[other].bytes == 0 && sites.rows[other].count == 0);
    CU_ASSERT(sites.rows[0].bytes == 0 && sites.rows[0].count == 0);
    end(&sites);
}

static void test_the_mark_is_what_is_held_then(void)
{
    struct lg_sites sites;
    start(&sites);
    uint32_t grows = lg_sites_find(&sites, LG_SITE_BLOCK, frames, 2);
    uint32_t shrinks = lg_sites_find(&sites, LG_SITE_BLOCK, frames, 3);
    lg_sites_add(&sites, grows, 100, 2);
    lg_sites_add(&sites, shrinks, 50, 1);
    lg_sites_mark(&sites);
    uint32_t comes_later = lg_sites_find(&sites, LG_SITE_BLOCK, frames, 4);
    lg_sites_add(&sites, grows, 10, 1);
    lg_sites_add(&sites, shrinks, -50, -1);
    lg_sites_add(&sites, comes_later, 7, 1);
    CU_ASSERT(sites.rows[grows].marked_bytes == 100 && sites.rows[grows].marked_count == 2);
    CU_ASSERT(sites.rows[grows].bytes == 110 && sites.rows[grows].count == 3);
    CU_ASSERT(sites.rows[shrinks].marked_bytes == 50 && sites.rows[shrinks].bytes == 0);
    CU_ASSERT(sites.rows[comes_later].marked_bytes == 0 && sites.rows[comes_later].bytes == 7);
    lg_sites_mark(&sites);
    CU_ASSERT(sites.rows[grows].marked_bytes == 110 && sites.rows[shrinks].marked_count == 0);
    end(&sites);
}

static void test_sites_beyond_the_limit_are_lost_and_counted(void)
{
    struct lg_sites sites;
    size_t kept = 0;
    start(&sites);
    for (uint64_t i = 1; i < LG_SITES_MAX; i++)
        kept += lg_sites_find(&sites, LG_SITE_BLOCK, &i, 1) != 0;
    CU_ASSERT_EQUAL(kept, LG_SITES_MAX - 1);
    CU_ASSERT_EQUAL(sites.lost, 0);
    uint64_t first = 1;
    uint64_t newest = LG_SITES_MAX;
    CU_ASSERT_EQUAL(lg_sites_find(&sites, LG_SITE_BLOCK, &newest, 1), 0);
    CU_ASSERT_EQUAL(lg_sites_find(&sites, LG_SITE_BLOCK, &newest, 1), 0);
    CU_ASSERT_EQUAL(lg_sites_find(&sites, LG_SITE_FD, &first, 1), 0);
    CU_ASSERT_EQUAL(sites.lost, 3);
    CU_ASSERT_EQUAL(lg_sites_find(&sites, LG_SITE_BLOCK, &first, 1), 1);
    CU_ASSERT_EQUAL(sites.lost, 3);
    end(&sites);
}

/* The last eighth of the room is for places, and not for the ways that lead to them. */
static void test_scarce_room_is_for_the_innermost_calls(void)
{
    struct lg_sites sites;
    uint64_t stack[LG_SITES_DEPTH] = {0};
    start(&sites);
    do
        stack[0]++;
    while (sites.rows[lg_sites_find(&sites, LG_SITE_BLOCK, stack, LG_SITES_DEPTH)].depth ==
           LG_SITES_DEPTH);
    CU_ASSERT(sites.frames_count >= LG_SITES_MAX_FRAMES / 8 * 7);
    uint32_t cut = lg_sites_find(&sites, LG_SITE_BLOCK, stack, LG_SITES_DEPTH);
    CU_ASSERT_EQUAL(sites.rows[cut].depth, LG_SITES_SCARCE_DEPTH);
    stack[LG_SITES_DEPTH - 1] = 99;
    CU_ASSERT_EQUAL(lg_sites_find(&sites, LG_SITE_BLOCK, stack, LG_SITES_DEPTH), cut);
    /* What was known whole still is. */
    stack[0] = 1;
    stack[LG_SITES_DEPTH - 1] = 0;
    CU_ASSERT_EQUAL(lg_sites_find(&sites, LG_SITE_BLOCK, stack, LG_SITES_DEPTH), 1);
    CU_ASSERT_EQUAL(sites.lost, 0);
    end(&sites);
}

static void test_frames_beyond_the_limit_are_lost_and_counted(void)
{
    struct lg_sites sites;
    uint64_t stack[LG_SITES_DEPTH] = {0};
    start(&sites);
    do
        stack[0]++;
    while (lg_sites_find(&sites, LG_SITE_BLOCK, stack, LG_SITES_DEPTH) != 0);
    CU_ASSERT_EQUAL(sites.lost, 1);
    CU_ASSERT(LG_SITES_MAX_FRAMES - sites.frames_count < LG_SITES_SCARCE_DEPTH);
    /* No frames need no room. */
    CU_ASSERT(lg_sites_find(&sites, LG_SITE_FD, frames, 0) != 0);
    CU_ASSERT_EQUAL(lg_sites_find(&sites, LG_SITE_FD, stack, LG_SITES_DEPTH), 0);
    CU_ASSERT_EQUAL(sites.lost, 2);
    end(&sites);
}

/* Stacks of up to 6 of 3 frames, each with a number: all of them, of each kind. */
#define STACKS 1093
#define MODEL_STACKS ((size_t)LG_SITE_KIND_COUNT * STACKS)

struct model {
    struct lg_sites sites;
    uint32_t found[MODEL_STACKS]; /* 0: not asked for yet */
    uint32_t distinct;
    uint64_t random;
};

/* Whether a random stack is the site that it was before, or the next new one. */
static bool find_again(struct model *model)
{
    uint64_t stack[6];
    size_t depth = next_number(&model->random, 7);
    size_t number = 0;
    for (size_t i = 0; i < depth; i++) {
        uint32_t frame = next_number(&model->random, 3);
        number = number * 3 + frame + 1;
        stack[i] = frame * UINT64_C(0x10000);
    }
    uint32_t kind = next_number(&model->random, LG_SITE_KIND_COUNT);
    uint32_t *known = &model->found[kind * STACKS + number];
    uint32_t site = lg_sites_find(&model->sites, (enum lg_site_kind)kind, stack, depth);
    if (*known == 0)
        *known = ++model->distinct;
    return site == *known;
}

static void test_random_stacks_are_told_apart_as_by_comparing_all(void)
{
    struct model *model = calloc(1, sizeof(*model));
    size_t wrong = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(model);
    model->random = 20240301;
    start(&model->sites);
    for (uint32_t i = 0; i < OPERATIONS; i++)
        wrong += !find_again(model);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(model->sites.count, model->distinct + 1);
    CU_ASSERT(model->distinct > 5000);
    end(&model->sites);
    free(model);
}

int add_trace_sites_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_the_same_stack_is_the_same_site),
        UNIT_TEST(test_a_site_keeps_its_kind_and_frames),
        UNIT_TEST(test_another_kind_is_another_site),
        UNIT_TEST(test_stacks_that_differ_in_one_frame_are_two_sites),
        UNIT_TEST(test_a_part_of_a_stack_is_another_site),
        UNIT_TEST(test_what_is_held_adds_up_and_nobody_is_no_site),
        UNIT_TEST(test_the_mark_is_what_is_held_then),
        UNIT_TEST(test_sites_beyond_the_limit_are_lost_and_counted),
        UNIT_TEST(test_scarce_room_is_for_the_innermost_calls),
        UNIT_TEST(test_frames_beyond_the_limit_are_lost_and_counted),
        UNIT_TEST(test_random_stacks_are_told_apart_as_by_comparing_all),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("trace: sites", tests);
}
