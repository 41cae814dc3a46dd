#include "agent/cunit_shuffle.h"

#include "agent/agent.h"
#include "agent/cunit_arm.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

/* A suite or a test, and what it is sorted by. */
struct node {
    struct node *next;
    void *object;
    uint64_t key;
};

static bool is_shuffled;

/* splitmix64: well mixed from any two numbers. */
static uint64_t mix(uint64_t seed, uint64_t number)
{
    uint64_t z = seed + (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* What was added since goes last. */
static uint64_t key_of(bool known, uint32_t order)
{
    if (!known)
        return UINT64_MAX;
    return is_shuffled ? mix(lg_agent.ledger.header->orders.seed, order) : order;
}

static struct node *merge(struct node *left, struct node *right)
{
    struct node head = {NULL, NULL, 0};
    struct node *last = &head;
    while (left != NULL && right != NULL) {
        struct node **first = right->key < left->key ? &right : &left;
        last->next = *first;
        last = *first;
        *first = last->next;
    }
    last->next = left != NULL ? left : right;
    return head.next;
}

/* The first COUNT nodes from *REST on, sorted; *REST goes on behind them. */
static struct node *sort(struct node **rest, size_t count) // NOLINT(misc-no-recursion): log2(count)
{
    if (count == 1) {
        struct node *only = *rest;
        *rest = only->next;
        only->next = NULL;
        return only;
    }
    struct node *left = sort(rest, count / 2);
    return merge(left, sort(rest, count - count / 2));
}

static struct node *map_nodes(size_t count)
{
    void *nodes = mmap(NULL, count * sizeof(struct node), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return nodes != MAP_FAILED ? nodes : NULL;
}

static struct node *sort_all(struct node *nodes, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++)
        nodes[i].next = &nodes[i + 1];
    return sort(&nodes, count);
}

static void order_tests(CU_pSuite suite)
{
    size_t count = 0;
    for (CU_pTest test = suite->pTest; test != NULL; test = test->pNext)
        count++;
    struct node *nodes = count > 1 ? map_nodes(count) : NULL;
    if (nodes == NULL)
        return;
    size_t i = 0;
    for (CU_pTest test = suite->pTest; test != NULL; test = test->pNext, i++) {
        const struct lg_armed_test *entry = lg_cunit_armed_test(test);
        nodes[i].object = test;
        nodes[i].key = key_of(entry != NULL, entry != NULL ? entry->order : 0);
    }
    CU_pTest previous = NULL;
    for (const struct node *node = sort_all(nodes, count); node != NULL; node = node->next) {
        CU_pTest test = node->object;
        test->pPrev = previous;
        test->pNext = NULL;
        if (previous != NULL)
            previous->pNext = test;
        else
            suite->pTest = test;
        previous = test;
    }
    munmap(nodes, count * sizeof(*nodes));
}

static void order_suites(CU_pTestRegistry registry)
{
    size_t count = 0;
    for (CU_pSuite suite = registry->pSuite; suite != NULL; suite = suite->pNext)
        count++;
    struct node *nodes = count > 1 ? map_nodes(count) : NULL;
    if (nodes == NULL)
        return;
    size_t i = 0;
    for (CU_pSuite suite = registry->pSuite; suite != NULL; suite = suite->pNext, i++) {
        const struct lg_armed_suite *entry = lg_cunit_armed_suite(suite);
        nodes[i].object = suite;
        nodes[i].key = key_of(entry != NULL, entry != NULL ? entry->order : 0);
    }
    CU_pSuite previous = NULL;
    for (const struct node *node = sort_all(nodes, count); node != NULL; node = node->next) {
        CU_pSuite suite = node->object;
        suite->pPrev = previous;
        suite->pNext = NULL;
        if (previous != NULL)
            previous->pNext = suite;
        else
            registry->pSuite = suite;
        previous = suite;
    }
    munmap(nodes, count * sizeof(*nodes));
}

static void order(CU_pTestRegistry registry)
{
    for (CU_pSuite suite = registry->pSuite; suite != NULL; suite = suite->pNext)
        order_tests(suite);
    order_suites(registry);
}

void lg_cunit_shuffle(CU_pTestRegistry registry)
{
    if (lg_agent.ledger.header->orders.shuffle == 0 || registry == NULL)
        return;
    is_shuffled = true;
    order(registry);
}

void lg_cunit_unshuffle(CU_pTestRegistry registry)
{
    if (!is_shuffled || registry == NULL)
        return;
    is_shuffled = false;
    order(registry);
}
