/* Tests whose names a build system might trip over. Each says what must happen to it. */
#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

static void *volatile kept;

static void passes(void)
{
    CU_ASSERT_TRUE(1);
}

static void leaks(void)
{
    kept = malloc(100);
    CU_ASSERT_PTR_NOT_NULL(kept);
}

int main(int argc, char *argv[])
{
    static const char *const names[] = {
        "plain",
        "with spaces",
        "semi;colon;",
        "[brackets] and ]==] more",
        "quo\"tes 'n' back\\slash",
        "dollar ${HOME} $<CONFIG> @x@ %PATH%",
        "unicode äöü 漢字 🎉",
        "glob * ? !",
        "(parens) #hash & <xml/>",
        "a/slash",
        "-dash",
    };
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("odd; suite [1]", NULL, NULL);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        CU_add_test(suite, names[i], passes);
    CU_add_test(suite, "leaks; [100] bytes", leaks);
    CU_pTest off = CU_add_test(suite, "switched off", passes);
    CU_set_test_active(off, CU_FALSE);
    /* The arguments of the program arrive as they were given. */
    if (argc != 3 || strcmp(argv[1], "a b") != 0 || strcmp(argv[2], "c;d") != 0)
        CU_add_test(suite, "wrong arguments", leaks);
    CU_basic_run_tests();
    CU_cleanup_registry();
    return 0;
}
