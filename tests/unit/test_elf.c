/* Symbols of a module's file, whatever the file holds. */
#include "agent/elf.h"
#include "common/maps.h"
#include "unit.h"

#include <elf.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A module with one function, "f" at 0x1000. */
struct module {
    Elf64_Ehdr header;
    Elf64_Sym symbols[2];
    char strings[8];
    Elf64_Shdr sections[3];
    char end[8];
};

static struct module make_module(void)
{
    struct module module = {.strings = "\0f"};
    memcpy(module.header.e_ident, ELFMAG, SELFMAG);
    module.header.e_shoff = offsetof(struct module, sections);
    module.header.e_shnum = 3;
    module.symbols[1] = (Elf64_Sym){.st_name = 1,
                                    .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                                    .st_shndx = 1,
                                    .st_value = 0x1000};
    module.sections[1] = (Elf64_Shdr){.sh_type = SHT_SYMTAB,
                                      .sh_offset = offsetof(struct module, symbols),
                                      .sh_size = sizeof(module.symbols),
                                      .sh_link = 2};
    module.sections[2] = (Elf64_Shdr){.sh_type = SHT_STRTAB,
                                      .sh_offset = offsetof(struct module, strings),
                                      .sh_size = sizeof(module.strings)};
    return module;
}

/* What is found of NAME in the first BYTES of MODULE, loaded at 0x10000. */
static void *find(const char *name, const void *module, size_t bytes)
{
    const char *const names[] = {name};
    void *address = (void *)module;
    char path[32];
    int fd = memfd_create("module", MFD_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, module, bytes), (ssize_t)bytes);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    size_t found = lg_elf_find_functions(path, 0x10000, names, 1, &address);
    CU_ASSERT_EQUAL(found, address != NULL);
    close(fd);
    return address;
}

static void *find_in(const struct module *module, size_t bytes)
{
    return find("f", module, bytes);
}

/* Two functions "f", of the sources b.c, as one of its object, and a.c. */
static void test_a_local_function_is_found_by_its_source(void)
{
    static const char strings[] = "\0b.o\0f\0a.c";
    struct {
        Elf64_Ehdr header;
        Elf64_Sym symbols[5];
        char strings[16];
        Elf64_Shdr sections[3];
    } module = {.header.e_shnum = 3};
    const unsigned char file = ELF64_ST_INFO(STB_LOCAL, STT_FILE);
    const unsigned char function = ELF64_ST_INFO(STB_LOCAL, STT_FUNC);
    memcpy(module.header.e_ident, ELFMAG, SELFMAG);
    module.header.e_shoff = (size_t)((char *)module.sections - (char *)&module);
    module.symbols[1] = (Elf64_Sym){.st_name = 1, .st_info = file, .st_shndx = SHN_ABS};
    module.symbols[2] =
        (Elf64_Sym){.st_name = 5, .st_info = function, .st_shndx = 1, .st_value = 0x1000};
    module.symbols[3] = (Elf64_Sym){.st_name = 7, .st_info = file, .st_shndx = SHN_ABS};
    module.symbols[4] =
        (Elf64_Sym){.st_name = 5, .st_info = function, .st_shndx = 1, .st_value = 0x2000};
    memcpy(module.strings, strings, sizeof(strings));
    module.sections[1] = (Elf64_Shdr){.sh_type = SHT_SYMTAB,
                                      .sh_offset = sizeof(Elf64_Ehdr),
                                      .sh_size = sizeof(module.symbols),
                                      .sh_link = 2};
    module.sections[2] = (Elf64_Shdr){.sh_type = SHT_STRTAB,
                                      .sh_offset = (size_t)(module.strings - (char *)&module),
                                      .sh_size = sizeof(module.strings)};
    CU_ASSERT_EQUAL((uintptr_t)find("f", &module, sizeof(module)), 0x11000);
    CU_ASSERT_EQUAL((uintptr_t)find("b:f", &module, sizeof(module)), 0x11000);
    CU_ASSERT_EQUAL((uintptr_t)find("a:f", &module, sizeof(module)), 0x12000);
    CU_ASSERT_PTR_NULL(find("c:f", &module, sizeof(module)));
    CU_ASSERT_PTR_NULL(find("a.c:f", &module, sizeof(module)));
    CU_ASSERT_PTR_NULL(find("a:g", &module, sizeof(module)));
    module.symbols[4].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    CU_ASSERT_PTR_NULL(find("a:f", &module, sizeof(module)));
}

static void test_functions_of_the_program_are_where_they_are(void)
{
    static const char *const names[] = {"no_such_function", "lg_maps_parse"};
    void *addresses[2];
    CU_ASSERT_EQUAL(lg_elf_find_functions("/proc/self/exe", lg_elf_bias(), names, 2, addresses), 1);
    CU_ASSERT_PTR_NULL(addresses[0]);
    CU_ASSERT_EQUAL((uintptr_t)addresses[1], (uintptr_t)lg_maps_parse);
}

static void test_a_function_is_found_at_its_bias(void)
{
    struct module module = make_module();
    CU_ASSERT_EQUAL((uintptr_t)find_in(&module, sizeof(module)), 0x11000);
}

static void test_what_is_undefined_or_no_function_is_not_found(void)
{
    struct module module = make_module();
    module.symbols[1].st_shndx = SHN_UNDEF;
    CU_ASSERT_PTR_NULL(find_in(&module, sizeof(module)));
    module = make_module();
    module.symbols[1].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT);
    CU_ASSERT_PTR_NULL(find_in(&module, sizeof(module)));
}

static void test_a_file_that_was_cut_gives_nothing(void)
{
    struct module module = make_module();
    for (size_t bytes = 0; bytes < offsetof(struct module, end); bytes++)
        CU_ASSERT_PTR_NULL(find_in(&module, bytes));
}

static void test_tables_beyond_the_file_give_nothing(void)
{
    struct module module = make_module();
    module.header.e_shoff = UINT64_MAX - 7;
    CU_ASSERT_PTR_NULL(find_in(&module, sizeof(module)));
    module = make_module();
    module.sections[1].sh_size = UINT64_MAX;
    CU_ASSERT_PTR_NULL(find_in(&module, sizeof(module)));
    module = make_module();
    module.sections[1].sh_link = 3;
    CU_ASSERT_PTR_NULL(find_in(&module, sizeof(module)));
    module = make_module();
    module.sections[2].sh_offset = sizeof(module);
    CU_ASSERT_PTR_NULL(find_in(&module, sizeof(module)));
    module = make_module();
    module.symbols[1].st_name = sizeof(module.strings);
    CU_ASSERT_PTR_NULL(find_in(&module, sizeof(module)));
}

/* No linker writes such: to read them is undefined. */
static void test_tables_that_are_not_aligned_give_nothing(void)
{
    struct module module = make_module();
    module.header.e_shoff += 4;
    memmove((char *)&module + module.header.e_shoff, module.sections, sizeof(module.sections));
    CU_ASSERT_PTR_NULL(find_in(&module, sizeof(module)));
    module = make_module();
    module.sections[1].sh_offset += 4;
    CU_ASSERT_PTR_NULL(find_in(&module, sizeof(module)));
}

int add_elf_suite(void)
{
    CU_TestInfo tests[] = {
        UNIT_TEST(test_functions_of_the_program_are_where_they_are),
        UNIT_TEST(test_a_function_is_found_at_its_bias),
        UNIT_TEST(test_a_local_function_is_found_by_its_source),
        UNIT_TEST(test_what_is_undefined_or_no_function_is_not_found),
        UNIT_TEST(test_a_file_that_was_cut_gives_nothing),
        UNIT_TEST(test_tables_beyond_the_file_give_nothing),
        UNIT_TEST(test_tables_that_are_not_aligned_give_nothing),
        CU_TEST_INFO_NULL,
    };
    return unit_add_suite("elf", tests);
}
