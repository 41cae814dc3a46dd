#include "agent/crash.h"

#include "agent/agent.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

/* The stack of a handler is its own: that of the test may be what has run out. */
#define HANDLER_STACK_BYTES 65536

/* What functions may use below the stack pointer. */
#define RED_ZONE_BYTES 128

#define PAGE_BYTES UINT64_C(4096)
#define UNMAPPED_PAGES 64

static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};

static char handler_stack[HANDLER_STACK_BYTES] __attribute__((aligned(16)));

/* As DWARF numbers them, and the instruction's address. Returns the stack pointer. */
static uint64_t read_registers(const ucontext_t *context, struct lg_crash *crash)
{
#if defined(__x86_64__)
    static const int order[] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                                REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
    crash->register_count = sizeof(order) / sizeof(order[0]);
    for (size_t i = 0; i < crash->register_count; i++)
        crash->registers[i] = (uint64_t)context->uc_mcontext.gregs[order[i]];
    crash->pc = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
    return (uint64_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    crash->register_count = 31;
    for (size_t i = 0; i < crash->register_count; i++)
        crash->registers[i] = context->uc_mcontext.regs[i];
    crash->registers[crash->register_count++] = context->uc_mcontext.sp;
    crash->pc = context->uc_mcontext.pc;
    return context->uc_mcontext.sp;
#else
    (void)context;
    (void)crash;
    return 0;
#endif
}

/* Where it has run out, the pointer is below what is mapped of it. */
static void keep_stack(uint64_t pointer, struct lg_crash *crash)
{
    struct lg_ledger *ledger = &lg_agent.ledger;
    void *copy = lg_ledger_allocate(ledger, LG_LEDGER_CRASH_STACK_BYTES, &crash->stack);
    if (pointer == 0 || copy == NULL)
        return;
    crash->stack_start = pointer - RED_ZONE_BYTES;
    for (int page = 0; page < UNMAPPED_PAGES && crash->stack_bytes == 0; page++) {
        struct iovec to = {copy, LG_LEDGER_CRASH_STACK_BYTES};
        struct iovec from = {(void *)(uintptr_t)crash->stack_start, /* NOLINT: an address */
                             LG_LEDGER_CRASH_STACK_BYTES};
        ssize_t length = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
        if (length > 0)
            crash->stack_bytes = (uint32_t)length;
        else
            crash->stack_start = (crash->stack_start + PAGE_BYTES) & ~(PAGE_BYTES - 1);
    }
}

static void keep(int signal_number, const siginfo_t *info, const ucontext_t *context)
{
    struct lg_record *record = lg_agent.record;
    lg_attic offset;
    struct lg_crash *crash = lg_ledger_allocate(&lg_agent.ledger, sizeof(*crash), &offset);
    if (crash == NULL)
        return;
    crash->signal = signal_number;
    crash->code = info->si_code;
    crash->address = (uint64_t)(uintptr_t)info->si_addr;
    keep_stack(read_registers(context, crash), crash);
    size_t capacity;
    const char *modules = lg_agent_read_modules(&capacity);
    crash->maps = lg_ledger_add_text(&lg_agent.ledger, modules);
    __atomic_store_n(&record->crash, offset, __ATOMIC_RELEASE);
}

/* A test may have unmapped all that it did not know. */
static bool is_mapped(const void *address)
{
    unsigned char resident;
    uintptr_t page = (uintptr_t)address & ~(uintptr_t)(PAGE_BYTES - 1);
    return mincore((void *)page, PAGE_BYTES, &resident) == 0; // NOLINT: an address
}

/* The system's own answer to the signal follows: at once where it was sent, else when the
 * instruction that it is for is run again. */
static void on_signal(int signal_number, siginfo_t *info, void *context)
{
    signal(signal_number, SIG_DFL);
    bool faulted = info->si_code > 0 && signal_number != SIGTRAP && signal_number != SIGSYS;
    if (lg_agent.record != NULL && is_mapped(lg_agent.record) && *lg_agent.is_child &&
        getpid() == lg_agent.child_pid && lg_agent.record->crash == 0)
        keep(signal_number, info, context);
    if (!faulted)
        raise(signal_number);
}

static void give_stack(void)
{
    stack_t stack;
    if (sigaltstack(NULL, &stack) != 0 || (stack.ss_flags & SS_DISABLE) == 0)
        return;
    stack = (stack_t){.ss_sp = handler_stack, .ss_size = sizeof(handler_stack)};
    sigaltstack(&stack, NULL);
}

void lg_crash_arm(void)
{
    struct sigaction ours = {.sa_sigaction = on_signal,
                             .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    struct sigaction theirs;
    give_stack();
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
        if (sigaction(deadly[i], &ours, &theirs) != 0)
            continue;
        if ((theirs.sa_flags & SA_SIGINFO) != 0 || theirs.sa_handler != SIG_DFL)
            sigaction(deadly[i], &theirs, NULL);
        else if (deadly[i] == SIGABRT)
            lg_agent.record->tells_where = 1;
    }
}
