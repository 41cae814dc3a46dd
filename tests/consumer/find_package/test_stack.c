/* A user's test: it knows nothing of leakgate. With the argument "clean" it leaks
 * nothing, with "twice" it leaks 48 bytes a run, else 24 (32 and 64 with malloc's own). */
#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

struct node {
    struct node *below;
    int values[4];
};

static int leaks = 1;

static struct node *push(struct node *below)
{
    struct node *node = malloc(sizeof(*node));
    node->below = below;
    return node;
}

static void test_push_and_pop(void)
{
    struct node *top = push(NULL);
    CU_ASSERT_PTR_NULL(top->below);
    free(top);
}

static void test_push_only(void)
{
    for (int i = 0; i < leaks; i++) {
        struct node *top = push(NULL);
        CU_ASSERT_PTR_NOT_NULL(top);
    }
}

int main(int argc, char *argv[])
{
    if (argc > 1)
        leaks = strcmp(argv[1], "clean") == 0 ? 0 : 2;
    if (argc > 2 && strcmp(argv[2], "a b;c") != 0)
        return 9;
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("stack", NULL, NULL);
    CU_add_test(suite, "push_and_pop", test_push_and_pop);
    CU_add_test(suite, "push_only", test_push_only);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failed > 0;
}
