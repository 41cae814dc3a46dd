#include "agent/module.h"

#include <sys/mman.h>

#define PAGE_MASK (~(uintptr_t)4095)

#if defined(__x86_64__)
#define RELOCATION_JUMP_SLOT R_X86_64_JUMP_SLOT
#define RELOCATION_GLOB_DAT R_X86_64_GLOB_DAT
#define RELOCATION_ABSOLUTE R_X86_64_64
#elif defined(__aarch64__)
#define RELOCATION_JUMP_SLOT R_AARCH64_JUMP_SLOT
#define RELOCATION_GLOB_DAT R_AARCH64_GLOB_DAT
#define RELOCATION_ABSOLUTE R_AARCH64_ABS64
#else
#define RELOCATION_JUMP_SLOT UINT32_MAX
#define RELOCATION_GLOB_DAT UINT32_MAX
#define RELOCATION_ABSOLUTE UINT32_MAX
#endif

/* The dynamic linker has added the load address to the pointers, but for its own and the
 * kernel's modules. */
static const void *at(const struct dl_phdr_info *info, ElfW(Addr) pointer)
{
    uintptr_t address = pointer < info->dlpi_addr ? info->dlpi_addr + pointer : pointer;
    return (const void *)address; /* NOLINT: the linker holds addresses */
}

static void read_dynamic(struct lg_module *module, const ElfW(Dyn) * dynamic)
{
    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        switch (dynamic->d_tag) {
        case DT_STRTAB:
            module->names = at(module->info, dynamic->d_un.d_ptr);
            break;
        case DT_SYMTAB:
            module->symbols = at(module->info, dynamic->d_un.d_ptr);
            break;
        case DT_JMPREL:
            module->relocations[0] = at(module->info, dynamic->d_un.d_ptr);
            break;
        case DT_PLTRELSZ:
            module->counts[0] = dynamic->d_un.d_val / sizeof(ElfW(Rela));
            break;
        case DT_RELA:
            module->relocations[1] = at(module->info, dynamic->d_un.d_ptr);
            break;
        case DT_RELASZ:
            module->counts[1] = dynamic->d_un.d_val / sizeof(ElfW(Rela));
            break;
        default:
            break;
        }
    }
}

void lg_module_read(const struct dl_phdr_info *info, struct lg_module *out)
{
    struct lg_module *module = out;
    *module = (struct lg_module){.info = info, .start = UINTPTR_MAX};
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_DYNAMIC) {
            read_dynamic(module, (const ElfW(Dyn) *)start); /* NOLINT: as above */
        } else if (segment->p_type == PT_LOAD) {
            if (start < module->start)
                module->start = start;
            if (start + segment->p_memsz > module->end)
                module->end = start + segment->p_memsz;
        }
    }
}

static bool read_slot(const struct lg_module *module, const ElfW(Rela) * relocation,
                      struct lg_slot *out)
{
    uint64_t type = ELF64_R_TYPE(relocation->r_info);
    uint64_t number = ELF64_R_SYM(relocation->r_info);
    if ((type != RELOCATION_JUMP_SLOT && type != RELOCATION_GLOB_DAT &&
         type != RELOCATION_ABSOLUTE) ||
        number == 0 || (type == RELOCATION_ABSOLUTE && relocation->r_addend != 0))
        return false;
    const ElfW(Sym) *symbol = &module->symbols[number];
    uintptr_t base = module->info->dlpi_addr;
    *out = (struct lg_slot){.name = module->names + symbol->st_name,
                            .address = (void **)(base + relocation->r_offset), /* NOLINT */
                            .is_call = type == RELOCATION_JUMP_SLOT,
                            .is_data = ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT,
                            .is_undefined = symbol->st_shndx == SHN_UNDEF,
                            .own = base + symbol->st_value};
    return true;
}

void lg_module_each_slot(const struct lg_module *module,
                         void (*visit)(const struct lg_module *module, const struct lg_slot *slot,
                                       void *context),
                         void *context)
{
    if (module->names == NULL || module->symbols == NULL)
        return;
    for (size_t t = 0; t < 2; t++) {
        for (size_t i = 0; module->relocations[t] != NULL && i < module->counts[t]; i++) {
            struct lg_slot slot;
            if (read_slot(module, &module->relocations[t][i], &slot))
                visit(module, &slot, context);
        }
    }
}

void lg_module_protect_relocated(const struct lg_module *module, int protection)
{
    for (unsigned i = 0; i < module->info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &module->info->dlpi_phdr[i];
        uintptr_t start = module->info->dlpi_addr + segment->p_vaddr;
        uintptr_t end = (start + segment->p_memsz) & PAGE_MASK;
        start &= PAGE_MASK;
        if (segment->p_type == PT_GNU_RELRO && start < end)
            mprotect((void *)start, end - start, protection); /* NOLINT: as above */
    }
}
