#include "runner/inspect.h"

#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A text that CUnit's core holds in every version, stripped or not. */
static const char cunit_text[] = "Suite Initialization failed - Suite Skipped";

static int open_program(const char *program)
{
    if (strchr(program, '/') != NULL)
        return open(program, O_RDONLY | O_CLOEXEC);
    const char *paths = getenv("PATH");
    while (paths != NULL) {
        int length = (int)strcspn(paths, ":");
        char path[PATH_MAX];
        /* An empty part stands for the current folder. */
        snprintf(path, sizeof(path), "%.*s/%s", length > 0 ? length : 1, length > 0 ? paths : ".",
                 program);
        if (access(path, X_OK) == 0)
            return open(path, O_RDONLY | O_CLOEXEC);
        paths = paths[length] == ':' ? paths + length + 1 : NULL;
    }
    return -1;
}

/* The dynamic linker that ELF asks for, or NULL. A file may say that it has thousands of millions
 * of segments: it has those that can be read. */
static const char *interpreter(Elf *elf, const char *bytes, size_t size)
{
    size_t count = 0;
    elf_getphdrnum(elf, &count);
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, (int)i, &segment) == NULL)
            return NULL;
        if (segment.p_type != PT_INTERP)
            continue;
        if (segment.p_offset < size && memchr(bytes + segment.p_offset, 0, size - segment.p_offset))
            return bytes + segment.p_offset;
    }
    return NULL;
}

static const char *inspect_elf(Elf *elf)
{
    GElf_Ehdr header;
    size_t size;
    const char *bytes = elf_rawfile(elf, &size);
    if (gelf_getehdr(elf, &header) == NULL || bytes == NULL)
        return NULL;
    if (header.e_ident[EI_CLASS] != ELFCLASS64)
        return "it is a 32-bit program: build it for 64 bits";
    const char *linker = interpreter(elf, bytes, size);
    if (linker != NULL && strstr(linker, "musl") != NULL)
        return "its C library is musl, and the agent is made for glibc: build it with glibc";
    if (linker == NULL)
        return "it is statically linked, and nothing can be preloaded into it: link it "
               "dynamically, without -static";
    if (memmem(bytes, size, cunit_text, strlen(cunit_text)) != NULL)
        return "its CUnit is built in, and its symbols are stripped: keep them, or link "
               "leakgate::agent ahead of CUnit";
    return "no CUnit was found in it: is it linked to libcunit.so?";
}

const char *lg_inspect_program(const char *program)
{
    int fd = open_program(program);
    if (fd < 0)
        return NULL;
    struct stat status;
    const char *reason = NULL;
    if (fstat(fd, &status) == 0 && (status.st_mode & (S_ISUID | S_ISGID)) != 0) {
        reason = "it is setuid, and the dynamic linker lets nothing be preloaded into it: run a "
                 "copy without that bit";
    } else if (elf_version(EV_CURRENT) != EV_NONE) {
        Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
        if (elf != NULL && elf_kind(elf) == ELF_K_ELF)
            reason = inspect_elf(elf);
        elf_end(elf);
    }
    close(fd);
    return reason;
}
