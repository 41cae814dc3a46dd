#include "agent/elf.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
    const char *bytes;
    size_t size;
};

static int map_file(const char *path, struct image *image)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    struct stat status;
    void *bytes = MAP_FAILED;
    if (fstat(fd, &status) == 0 && status.st_size > (off_t)sizeof(ElfW(Ehdr)))
        bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED)
        return -1;
    *image = (struct image){bytes, (size_t)status.st_size};
    return 0;
}

/* COUNT items of SIZE bytes at OFFSET, or NULL where they are not within the file, or do not lie as
 * those of a linker do: a table's rows at multiples of 8. */
static const void *at(const struct image *image, uint64_t offset, uint64_t count, uint64_t size)
{
    uint64_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || offset > image->size ||
        image->size - offset < bytes || (size > 1 && offset % 8 != 0))
        return NULL;
    return image->bytes + offset;
}

uintptr_t lg_elf_bias(void)
{
    uintptr_t table = getauxval(AT_PHDR);
    uintptr_t headers = getauxval(AT_PHNUM);
    const ElfW(Phdr) *segments = (const ElfW(Phdr) *)table; /* NOLINT: auxv holds addresses */
    for (uintptr_t i = 0; table != 0 && i < headers; i++) {
        if (segments[i].p_type == PT_PHDR)
            return table - segments[i].p_vaddr;
    }
    return 0;
}

struct strings {
    const char *text;
    size_t size;
};

/* Whether SYMBOL's name is NAME, of LENGTH, up to END. */
static bool is_named(const ElfW(Sym) * symbol, const struct strings *strings, const char *name,
                     size_t length, char end)
{
    return symbol->st_name < strings->size && strings->size - symbol->st_name > length &&
           memcmp(strings->text + symbol->st_name, name, length) == 0 &&
           strings->text[symbol->st_name + length] == end;
}

/* FILE is the symbol of the source that local ones are of, or NULL. */
static bool is_function_of(const ElfW(Sym) * symbol, const ElfW(Sym) * file,
                           const struct strings *strings, const char *name)
{
    const char *colon = strchr(name, ':');
    if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF)
        return false;
    if (colon == NULL)
        return is_named(symbol, strings, name, strlen(name), '\0');
    return file != NULL && ELF64_ST_BIND(symbol->st_info) == STB_LOCAL &&
           is_named(symbol, strings, colon + 1, strlen(colon + 1), '\0') &&
           is_named(file, strings, name, (size_t)(colon - name), '.');
}

struct search {
    const char *const *names;
    size_t count;
    void **addresses;
    uintptr_t bias;
};

static size_t search_table(const struct image *image, const ElfW(Shdr) * table,
                           const ElfW(Shdr) * names, const struct search *search)
{
    size_t symbols = table->sh_size / sizeof(ElfW(Sym));
    const ElfW(Sym) *symbol = at(image, table->sh_offset, symbols, sizeof(ElfW(Sym)));
    const struct strings strings = {at(image, names->sh_offset, names->sh_size, 1), names->sh_size};
    const ElfW(Sym) *file = NULL;
    size_t found = 0;
    for (size_t i = 0; symbol != NULL && strings.text != NULL && i < symbols; i++) {
        if (ELF64_ST_TYPE(symbol[i].st_info) == STT_FILE)
            file = &symbol[i];
        for (size_t n = 0; n < search->count; n++) {
            if (search->addresses[n] != NULL ||
                !is_function_of(&symbol[i], file, &strings, search->names[n]))
                continue;
            search->addresses[n] =
                (void *)(search->bias + symbol[i].st_value); /* NOLINT: as above */
            found++;
        }
    }
    return found;
}

size_t lg_elf_find_functions(const char *path, uintptr_t bias, const char *const *names,
                             size_t count, void **addresses)
{
    memset(addresses, 0, count * sizeof(*addresses));
    struct image image;
    if (map_file(path, &image) != 0)
        return 0;
    size_t found = 0;
    const ElfW(Ehdr) *header = at(&image, 0, 1, sizeof(ElfW(Ehdr)));
    const ElfW(Shdr) *sections = NULL;
    if (header != NULL && memcmp(header->e_ident, ELFMAG, SELFMAG) == 0)
        sections = at(&image, header->e_shoff, header->e_shnum, sizeof(ElfW(Shdr)));
    for (unsigned i = 0; sections != NULL && i < header->e_shnum; i++) {
        if (sections[i].sh_type != SHT_SYMTAB || sections[i].sh_link >= header->e_shnum)
            continue;
        struct search search = {names, count, addresses, bias};
        found += search_table(&image, &sections[i], &sections[sections[i].sh_link], &search);
    }
    munmap((void *)image.bytes, image.size);
    return found;
}
