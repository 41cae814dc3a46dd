#include "agent/cunit_calls.h"

#include "agent/agent.h"

#include "agent/elf.h"
#include "agent/patch.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

/* An executable that is linked to the agent exports what the agent may need of the
 * static CUnit in it, and so lets itself be taken over even when it is stripped. */
#pragma weak CU_get_registry
#pragma weak CU_get_current_suite
#pragma weak CU_get_current_test
#pragma weak CU_get_run_summary
#pragma weak CU_get_suite_start_handler
#pragma weak CU_get_test_start_handler
#pragma weak CU_get_test_complete_handler
#pragma weak CU_get_suite_complete_handler

struct lg_cunit_calls lg_cunit;

/* The first ones are needed, of a shared CUnit CLEANUP as well. */
enum { RUN_ALL_TESTS, RUN_SUITE, RUN_TEST, ASSERTION, PATCHED, CLEANUP = 8, HANDLERS, CALLS = 13 };

static const char *const names[CALLS] = {
    "CU_run_all_tests",
    "CU_run_suite",
    "CU_run_test",
    "CU_assertImplementation",
    "CU_get_registry",
    "CU_get_current_suite",
    "CU_get_current_test",
    "CU_get_run_summary",
    "CU_cleanup_registry",
    "CU_get_suite_start_handler",
    "CU_get_test_start_handler",
    "CU_get_test_complete_handler",
    "CU_get_suite_complete_handler",
};

/* The handlers of CUnit's own front-ends, of the kinds that can be asked for: it has none for the
 * start of a suite, nor for its end. */
static const char *const own_names[] = {
    "Basic:basic_test_start_message_handler",
    "Basic:basic_test_complete_message_handler",
    "Automated:automated_test_start_message_handler",
    "Automated:automated_test_complete_message_handler",
    "Console:console_test_start_message_handler",
    "Console:console_test_complete_message_handler",
    "Curses:curses_test_start_message_handler",
    "Curses:curses_test_complete_message_handler",
};

#define OWN_NAMES (sizeof(own_names) / sizeof(own_names[0]))

static void *const exported[CALLS] = {
    [4] = (void *)CU_get_registry,
    [5] = (void *)CU_get_current_suite,
    [6] = (void *)CU_get_current_test,
    [7] = (void *)CU_get_run_summary,
    [HANDLERS] = (void *)CU_get_suite_start_handler,
    [HANDLERS + 1] = (void *)CU_get_test_start_handler,
    [HANDLERS + 2] = (void *)CU_get_test_complete_handler,
    [HANDLERS + 3] = (void *)CU_get_suite_complete_handler,
};

static bool is_static;
static struct lg_patch patches[PATCHED];

/* ISO C has no conversion from an object pointer to a function pointer; POSIX does. */
static void set_calls(void *const found[CALLS])
{
    _Static_assert(sizeof(lg_cunit) == CALLS * sizeof(void *), "one call for each name");
    memcpy(&lg_cunit, found, sizeof(lg_cunit));
}

static bool find_in(void *library, void *found[CALLS])
{
    for (int i = 0; i < CALLS; i++) {
        found[i] = lg_agent_look_up(library, names[i]);
        if (found[i] == NULL && i < HANDLERS)
            return false;
    }
    return true;
}

/* A CUnit that came with a plugin is not in the scope that RTLD_NEXT looks through. */
static bool find_shared(void *found[CALLS])
{
    if (find_in(RTLD_NEXT, found))
        return true;
    void *library = dlopen("libcunit.so.1", RTLD_LAZY | RTLD_NOLOAD);
    if (library == NULL)
        lg_agent_forget_look_up();
    return library != NULL && find_in(library, found);
}

/* By name from those the executable exports, else from its full symbol table. */
static bool find_static(void *found[CALLS])
{
    if (lg_elf_find_functions("/proc/self/exe", lg_elf_bias(), names, CALLS, found) == 0) {
        for (int i = 0; i < CALLS; i++) {
            found[i] = exported[i];
            void *named = lg_agent_look_up(RTLD_DEFAULT, names[i]);
            if (found[i] == NULL && named != (i < PATCHED ? patches[i].replacement : NULL))
                found[i] = named;
        }
    }
    for (int i = 0; i < CLEANUP; i++) {
        if (found[i] == NULL)
            return false;
    }
    for (int i = 0; i < PATCHED; i++)
        patches[i].function = found[i];
    is_static = true;
    return true;
}

bool lg_cunit_find(void)
{
    void *found[CALLS];
    if (lg_cunit.run_all_tests != NULL)
        return true;
    patches[RUN_ALL_TESTS].replacement = (void *)CU_run_all_tests;
    patches[RUN_SUITE].replacement = (void *)CU_run_suite;
    patches[RUN_TEST].replacement = (void *)CU_run_test;
    patches[ASSERTION].replacement = (void *)CU_assertImplementation;
    if (find_shared(found)) {
        set_calls(found);
        return true;
    }
    if (!find_static(found))
        return false;
    set_calls(found);
    return true;
}

/* CUnit's shared library, by whatever version it is called. */
static bool is_cunits(const char *path)
{
    static const char name[] = "libcunit";
    const char *slash = strrchr(path, '/');
    const char *file = slash != NULL ? slash + 1 : path;
    return strncmp(file, name, strlen(name)) == 0 && strchr(".-", file[strlen(name)]) != NULL;
}

bool lg_cunit_is_own(const void *function)
{
    void *own[OWN_NAMES];
    struct link_map *module;
    Dl_info info;
    if (dladdr1(function, &info, (void **)&module, RTLD_DL_LINKMAP) == 0)
        return false;
    if (is_cunits(module->l_name))
        return true;
    bool is_program = module->l_name[0] == '\0';
    lg_elf_find_functions(is_program ? "/proc/self/exe" : module->l_name,
                          is_program ? lg_elf_bias() : module->l_addr, own_names, OWN_NAMES, own);
    for (size_t i = 0; i < OWN_NAMES; i++) {
        if (own[i] == function)
            return true;
    }
    return false;
}

bool lg_cunit_is_stripped(void)
{
    void *found;
    return is_static &&
           lg_elf_find_functions("/proc/self/exe", lg_elf_bias(), names, 1, &found) == 0;
}

bool lg_cunit_is_static(void)
{
    return is_static;
}

static int for_runs(int (*apply_or_remove)(struct lg_patch *patch))
{
    for (int i = RUN_ALL_TESTS; is_static && i <= RUN_TEST; i++) {
        int error = apply_or_remove(&patches[i]);
        if (error != 0)
            return error;
    }
    return 0;
}

int lg_cunit_take_runs(void)
{
    return for_runs(lg_patch_apply);
}

int lg_cunit_let_runs_in(void)
{
    return for_runs(lg_patch_remove);
}

int lg_cunit_take_assertions(void)
{
    return is_static ? lg_patch_apply(&patches[ASSERTION]) : 0;
}

int lg_cunit_let_assertions_in(void)
{
    return is_static ? lg_patch_remove(&patches[ASSERTION]) : 0;
}
