#include "agent/allocator.h"

#include "agent/agent.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef void malloc_hook(const volatile void *block, size_t size);
typedef void free_hook(const volatile void *block);
typedef int install_hooks(malloc_hook *on_malloc, free_hook *on_free);
typedef size_t allocated_size(const volatile void *block);

static allocated_size *size_of_block;
static size_t allocated_bytes;

static void count_malloc(const volatile void *block, size_t size)
{
    (void)block;
    __atomic_fetch_add(&allocated_bytes, size, __ATOMIC_RELAXED);
}

static void count_free(const volatile void *block)
{
    if (block != NULL)
        __atomic_fetch_sub(&allocated_bytes, size_of_block(block), __ATOMIC_RELAXED);
}

static size_t counted_bytes(void)
{
    return __atomic_load_n(&allocated_bytes, __ATOMIC_RELAXED);
}

/* Every sanitizer calls hooks, if asked to. Returns whether it will. */
static bool count_by_hooks(void)
{
    install_hooks *install;
    void *found = lg_agent_look_up(RTLD_DEFAULT, "__sanitizer_install_malloc_and_free_hooks");
    void *size = lg_agent_look_up(RTLD_DEFAULT, "__sanitizer_get_allocated_size");
    if (found == NULL || size == NULL)
        return false;
    memcpy(&install, &found, sizeof(install));
    memcpy(&size_of_block, &size, sizeof(size));
    return install(count_malloc, count_free) > 0;
}

static bool has_symbol(const char *name)
{
    return lg_agent_look_up(RTLD_DEFAULT, name) != NULL;
}

static const char *sanitizer_name(void)
{
    static const struct {
        const char *symbol;
        const char *name;
    } sanitizers[] = {
        {"__asan_init", "AddressSanitizer"},       {"__tsan_init", "ThreadSanitizer"},
        {"__msan_init", "MemorySanitizer"},        {"__hwasan_init", "HWAddressSanitizer"},
        {"__lsan_do_leak_check", "LeakSanitizer"},
    };
    for (size_t i = 0; i < sizeof(sanitizers) / sizeof(sanitizers[0]); i++) {
        if (has_symbol(sanitizers[i].symbol))
            return sanitizers[i].name;
    }
    return "a sanitizer";
}

/* The module that malloc comes from; libc's own is glibc's. */
static const char *module_of_malloc(void)
{
    Dl_info malloc_info;
    Dl_info libc_info;
    void *malloc_address = lg_agent_look_up(RTLD_DEFAULT, "malloc");
    void *libc_address = lg_agent_look_up(RTLD_DEFAULT, "gnu_get_libc_version");
    if (malloc_address == NULL || dladdr(malloc_address, &malloc_info) == 0)
        return "unknown";
    if (libc_address != NULL && dladdr(libc_address, &libc_info) != 0 &&
        malloc_info.dli_fbase == libc_info.dli_fbase)
        return NULL;
    const char *slash = strrchr(malloc_info.dli_fname, '/');
    return slash != NULL ? slash + 1 : malloc_info.dli_fname;
}

struct lg_allocator lg_allocator_find(void)
{
    struct lg_allocator allocator = {LG_ALLOCATOR_GLIBC, "glibc", NULL};
    const char *preloaded = getenv("LD_PRELOAD");
    const char *module = module_of_malloc();
    if (preloaded != NULL && strstr(preloaded, "vgpreload") != NULL) {
        allocator.kind = LG_ALLOCATOR_VALGRIND;
        allocator.name = "valgrind";
    } else if (has_symbol("__sanitizer_get_allocated_size")) {
        allocator.kind = LG_ALLOCATOR_SANITIZER;
        allocator.name = sanitizer_name();
        allocator.live_bytes = count_by_hooks() ? counted_bytes : NULL;
    } else if (module != NULL) {
        allocator.kind = LG_ALLOCATOR_OTHER;
        allocator.name = module;
    }
    return allocator;
}
