#include "agent/patch.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* An absolute jump through the address behind it: it reaches anywhere, and no register
 * that holds an argument is touched. */
static int write_jump(unsigned char *code, const void *target)
{
#if defined(__x86_64__)
    static const unsigned char jump[] = {0xff, 0x25, 0, 0, 0, 0}; /* jmp *0(%rip) */
#elif defined(__aarch64__)
    static const unsigned char jump[] = {0x50, 0x00, 0x00, 0x58,  /* ldr x16, .+8 */
                                         0x00, 0x02, 0x1f, 0xd6}; /* br x16 */
#else
    static const unsigned char jump[] = {0};
    if (sizeof(jump) == 1)
        return -ENOSYS;
#endif
    memcpy(code, jump, sizeof(jump));
    memcpy(code + sizeof(jump), &target, sizeof(target));
    return 0;
}

static int write_code(void *function, const unsigned char bytes[LG_PATCH_BYTES])
{
    uintptr_t page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t offset = (uintptr_t)function % page_bytes;
    char *page = (char *)function - offset;
    size_t size = offset + LG_PATCH_BYTES > page_bytes ? 2 * page_bytes : page_bytes;
    if (mprotect(page, size, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
        return -errno;
    memcpy(function, bytes, LG_PATCH_BYTES);
    __builtin___clear_cache((char *)function, (char *)function + LG_PATCH_BYTES);
    return mprotect(page, size, PROT_READ | PROT_EXEC) == 0 ? 0 : -errno;
}

int lg_patch_apply(struct lg_patch *patch)
{
    if (patch->in_place)
        return 0;
    unsigned char code[LG_PATCH_BYTES];
    memcpy(patch->saved, patch->function, LG_PATCH_BYTES);
    memcpy(code, patch->saved, LG_PATCH_BYTES);
    int error = write_jump(code, patch->replacement);
    if (error == 0)
        error = write_code(patch->function, code);
    patch->in_place = error == 0;
    return error;
}

int lg_patch_remove(struct lg_patch *patch)
{
    if (!patch->in_place)
        return 0;
    int error = write_code(patch->function, patch->saved);
    if (error == 0)
        patch->in_place = false;
    return error;
}

#if defined(__x86_64__)
/* Goes on behind BYTES, if CODE begins with them. */
static bool skip(const unsigned char **code, const void *bytes, size_t count)
{
    bool is_there = memcmp(*code, bytes, count) == 0;
    *code += is_there ? count : 0;
    return is_there;
}
#endif

void *lg_patch_variable(const void *function)
{
#if defined(__x86_64__)
    const unsigned char *code = function;
    int32_t offset;
    skip(&code, "\xf3\x0f\x1e\xfa", 4);                  /* endbr64 */
    bool has_frame = skip(&code, "\x55\x48\x89\xe5", 4); /* push %rbp; mov %rsp,%rbp */
    if (!skip(&code, "\x48\x8b\x05", 3))                 /* mov OFFSET(%rip),%rax */
        return NULL;
    memcpy(&offset, code, sizeof(offset));
    code += sizeof(offset);
    const unsigned char *variable = code + offset;
    if (has_frame && !skip(&code, "\x5d", 1)) /* pop %rbp */
        return NULL;
    return *code == 0xc3 ? (void *)variable : NULL; /* ret */
#else
    (void)function;
    return NULL;
#endif
}
