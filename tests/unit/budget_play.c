#include "budget_play.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int budget_play_read(struct lg_budgets *budgets, const char *text, size_t length, char error[512])
{
    char path[] = "/tmp/leakgate-unit-play-XXXXXX";
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL_FATAL(write(fd, text, length), (ssize_t)length);
    close(fd);
    int status = lg_budgets_read(budgets, path, BUDGET_PLAY_TODAY, error, 512);
    unlink(path);
    budgets->path = NULL;
    if (strncmp(error, path, strlen(path)) == 0)
        memmove(error, error + strlen(path), strlen(error + strlen(path)) + 1);
    return status;
}

struct lg_budget_measured *budget_play_measure(struct budget_play *play, const char *program,
                                               const char *test)
{
    CU_ASSERT_FATAL(play->count < BUDGET_PLAY_TESTS);
    struct lg_budget_measured *measured = &play->tests[play->count++];
    *measured = (struct lg_budget_measured){
        .program = program, .test = test, .need = {.known = ALL_GAUGES}};
    return measured;
}

struct lg_budget_measured *budget_play_leak(struct budget_play *play, const char *program,
                                            const char *test, int64_t live)
{
    struct lg_budget_measured *measured = budget_play_measure(play, program, test);
    measured->need.limits.values[LG_GAUGE_LIVE] = live;
    return measured;
}

const char *budget_play_update(struct budget_play *play, const char *text)
{
    struct lg_budgets budgets;
    struct lg_budget fallback;
    struct lg_text out = {0};
    char error[512];
    CU_ASSERT_EQUAL_FATAL(budget_play_read(&budgets, text, strlen(text), error), 0);
    lg_budget_init(&fallback);
    struct lg_budget_update update = {.budgets = &budgets,
                                      .text = text,
                                      .fallback = &fallback,
                                      .tests = play->tests,
                                      .count = play->count,
                                      .allow_growth = play->allow_growth};
    lg_budgets_update(&update, &out, &play->changes);
    CU_ASSERT_FALSE(out.failed);
    lg_budgets_free(&budgets);
    char *copy = strdup(lg_text_string(&out));
    lg_text_free(&out);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    free(play->text);
    play->text = copy;
    return copy;
}

struct lg_budget_choice budget_play_choose(const char *text, const struct lg_budget_measured *test)
{
    struct lg_budgets budgets;
    struct lg_budget fallback;
    struct lg_budget_choice choice;
    char error[512];
    CU_ASSERT_EQUAL_FATAL(budget_play_read(&budgets, text, strlen(text), error), 0);
    lg_budget_init(&fallback);
    struct lg_budget_asked asked = {
        .program = test->program, .test = test->test, .own = test->own, .fallback = &fallback};
    lg_budgets_choose(&budgets, &asked, &choice);
    lg_budgets_free(&budgets);
    return choice;
}

/* A file without lines has its heading. */
static void check_text(const char *text, const char *expected)
{
    const char *lines = expected[0] == '\0' ? strstr(text, "\n\n") : text;
    CU_ASSERT_PTR_NOT_NULL_FATAL(lines);
    CU_ASSERT_STRING_EQUAL(lines, expected[0] == '\0' ? "\n\n" : expected);
}

void budget_play_check(struct budget_play *play, const char *before, const char *after)
{
    check_text(budget_play_update(play, before), after);
    struct lg_budget_changes changes = play->changes;
    char *again = strdup(play->text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(again);
    CU_ASSERT_STRING_EQUAL(budget_play_update(play, again), again);
    size_t changed = play->changes.added + play->changes.tightened + play->changes.raised +
                     play->changes.removed + play->changes.remembered;
    CU_ASSERT_EQUAL(changed, 0);
    free(again);
    play->changes = changes;
}

void budget_play_free(struct budget_play *play)
{
    free(play->text);
    *play = (struct budget_play){0};
}
