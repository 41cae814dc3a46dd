/* dlopen and dlsym: what is loaded is patched too. Both ask who called them, by the return
 * address: where that matters, the stubs jump to libc's own, and nothing comes back. */
#include "agent/agent.h"
#include "agent/trace/hooks.h"
#include "agent/trace/unloaded.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/mman.h>

__attribute__((visibility("hidden"))) void *(*lg_trace_real_dlopen)(const char *, int);
__attribute__((visibility("hidden"))) void *(*lg_trace_real_dlsym)(void *, const char *);

static bool patch_pending; /* something was loaded, and could not be patched at once */

static void patch_loaded(void)
{
    if (lg_trace_enter()) {
        lg_modules_patch_new();
        lg_trace_leave();
    }
}

/* A path is looked up alike for all callers, unless it begins where they are. */
extern int lg_trace_forwards_dlopen(const char *file);
__attribute__((used, visibility("hidden"))) int lg_trace_forwards_dlopen(const char *file)
{
    if (file != NULL && strchr(file, '/') != NULL && strchr(file, '$') == NULL)
        return 1;
    patch_pending = true;
    return 0;
}

extern void *lg_trace_dlopen(const char *file, int mode);
__attribute__((used, visibility("hidden"))) void *lg_trace_dlopen(const char *file, int mode)
{
    void *handle = lg_trace_real_dlopen(file, mode);
    if (handle != NULL)
        patch_loaded();
    return handle;
}

/* RTLD_NEXT and RTLD_DEFAULT ask who calls: a plugin finds its own functions by the latter, the
 * agent would not. Those that are hooked are the same for both. */
extern int lg_trace_forwards_dlsym(void *handle, const char *name);
__attribute__((used, visibility("hidden"))) int lg_trace_forwards_dlsym(void *handle,
                                                                        const char *name)
{
    if (patch_pending) {
        patch_pending = false;
        patch_loaded();
    }
    if (handle == RTLD_NEXT)
        return 0;
    return handle != RTLD_DEFAULT || lg_modules_is_hooked(name);
}

/* A function that is looked up is called without a slot. */
extern void *lg_trace_dlsym(void *handle, const char *name);
__attribute__((used, visibility("hidden"))) void *lg_trace_dlsym(void *handle, const char *name)
{
    void *found = lg_trace_real_dlsym(handle, name);
    return found != NULL ? lg_modules_replacement(found) : NULL;
}

static int (*real_dlclose)(void *);

static int lg_hook_dlclose(void *handle)
{
    size_t capacity;
    if (lg_trace_enter_locked()) {
        char *text = lg_agent_read_modules(&capacity);
        if (text != NULL) {
            lg_unloaded_add(text);
            munmap(text, capacity);
        }
        lg_trace_leave_locked();
    }
    return real_dlclose(handle);
}

#if defined(__x86_64__)
/* lg_hook_NAME: ASKED about its two arguments, it goes on with FORWARD, or else with what REAL
 * points to, as if it had not been there. */
#define STUB(name, asked, forward, real)                                                           \
    __asm__(".pushsection .text\n"                                                                 \
            ".hidden " name "\n"                                                                   \
            ".globl " name "\n"                                                                    \
            ".type " name ", @function\n" name ":\n"                                               \
            "    .cfi_startproc\n"                                                                 \
            "    push %rdi\n"                                                                      \
            "    .cfi_adjust_cfa_offset 8\n"                                                       \
            "    push %rsi\n"                                                                      \
            "    .cfi_adjust_cfa_offset 8\n"                                                       \
            "    sub $8, %rsp\n"                                                                   \
            "    .cfi_adjust_cfa_offset 8\n"                                                       \
            "    call " asked "\n"                                                                 \
            "    add $8, %rsp\n"                                                                   \
            "    .cfi_adjust_cfa_offset -8\n"                                                      \
            "    pop %rsi\n"                                                                       \
            "    .cfi_adjust_cfa_offset -8\n"                                                      \
            "    pop %rdi\n"                                                                       \
            "    .cfi_adjust_cfa_offset -8\n"                                                      \
            "    test %eax, %eax\n"                                                                \
            "    jne " forward "\n"                                                                \
            "    jmp *" real "(%rip)\n"                                                            \
            "    .cfi_endproc\n"                                                                   \
            ".size " name ", .-" name "\n"                                                         \
            ".popsection\n")

STUB("lg_hook_dlopen", "lg_trace_forwards_dlopen", "lg_trace_dlopen", "lg_trace_real_dlopen");
STUB("lg_hook_dlsym", "lg_trace_forwards_dlsym", "lg_trace_dlsym", "lg_trace_real_dlsym");
extern void *lg_hook_dlopen(const char *file, int mode);
extern void *lg_hook_dlsym(void *handle, const char *name);
#endif

LG_HOOKS_BEGIN
const struct lg_hook lg_hooks_load[] = {
    {"dlclose", (void *)&lg_hook_dlclose, (void **)&real_dlclose},
#if defined(__x86_64__)
    {"dlopen", (void *)&lg_hook_dlopen, (void **)&lg_trace_real_dlopen},
    {"dlsym", (void *)&lg_hook_dlsym, (void **)&lg_trace_real_dlsym},
#endif
    {NULL, NULL, NULL},
};
LG_HOOKS_END
