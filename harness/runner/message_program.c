#include "runner/inspect.h"
#include "runner/message.h"
#include "runner/message_parts.h"

#include <inttypes.h>
#include <sys/wait.h>

static void add_status(struct lg_text *text, int wait_status)
{
    if (WIFSIGNALED(wait_status)) {
        lg_text_add(text, "died of ");
        lg_message_add_signal(text, WTERMSIG(wait_status));
    } else {
        lg_text_add(text, "exited with status %d", WEXITSTATUS(wait_status));
    }
}

bool lg_message_of_blindness(const struct lg_results *results, const struct lg_host *host,
                             struct lg_text *text)
{
    const lg_gauge_set wanted = ((1U << LG_GAUGE_COUNT) - 1) & ~LG_GAUGE_BIT(LG_GAUGE_FRAG);
    lg_gauge_set missing = wanted & ~host->measured;
    const char *separator = "";
    if (missing == 0 || host->state == LG_HOST_ATTACHED)
        return false;
    for (int gauge = 0; gauge < LG_GAUGE_COUNT; gauge++) {
        if ((missing & LG_GAUGE_BIT(gauge)) == 0)
            continue;
        lg_text_add(text, "%s%s", separator, lg_gauge_name((enum lg_gauge)gauge));
        separator = ", ";
    }
    if (host->allocator != LG_ALLOCATOR_GLIBC)
        lg_message_add_allocator(text, results, host);
    return true;
}

static bool any_failed(const struct lg_results *results)
{
    return results->counts[LG_VERDICT_FAILED] + results->counts[LG_VERDICT_CRASHED] +
               results->counts[LG_VERDICT_TIMED_OUT] + results->counts[LG_VERDICT_EXITED_EARLY] >
           0;
}

static void add_where(struct lg_text *text, const struct lg_results *results,
                      const struct lg_host *host)
{
    if (host == NULL || host->suite_phase == LG_SUITE_NONE)
        return;
    lg_text_add(text, " in the %s of suite ",
                host->suite_phase == LG_SUITE_INIT ? "initialization" : "cleanup");
    lg_message_add_text(text, results->ledger, host->suite);
}

/* The agent was there, or not, but no test ran. */
static void add_no_tests(struct lg_text *text, const struct lg_results *results,
                         const struct lg_host *host)
{
    lg_text_add(text, "nothing was measured: the program ");
    add_status(text, results->outcome.wait_status);
    if (host != NULL) {
        lg_text_add(text, " without running its CUnit tests");
        return;
    }
    const char *reason = lg_inspect_program(results->options->program[0]);
    lg_text_add(text, "; %s", reason != NULL ? reason : "it ran no program with CUnit in it");
}

bool lg_message_of_program(const struct lg_results *results, const struct lg_host *host,
                           enum lg_verdict_kind *kind, struct lg_text *text)
{
    struct lg_text unused = {0};
    struct lg_text *line = text != NULL ? text : &unused;
    const struct lg_outcome *outcome = &results->outcome;
    const struct lg_ledger_header *header = results->ledger->header;
    uint32_t hosts = lg_ledger_hosts(results->ledger);
    bool last = host == NULL || host == &header->hosts[hosts - 1];
    bool said = true;
    if (last && outcome->interrupted != 0) {
        *kind = LG_VERDICT_BROKEN;
        lg_text_add(line, "interrupted by ");
        lg_message_add_signal(line, outcome->interrupted);
    } else if (host != NULL && host->phase_timed_out != 0) {
        *kind = LG_VERDICT_TIMED_OUT;
        lg_text_add(line, "timed out after %g s", (double)results->options->timeout_ms / 1000);
        add_where(line, results, host);
    } else if (last && WIFSIGNALED(outcome->wait_status)) {
        *kind = LG_VERDICT_CRASHED;
        lg_text_add(line, "the program ");
        add_status(line, outcome->wait_status);
        lg_message_add_oom(line, outcome->oom);
        add_where(line, results, host);
    } else if (host != NULL && host->state == LG_HOST_RUNNING) {
        *kind = LG_VERDICT_EXITED_EARLY;
        lg_text_add(line, "the program ended in the middle of its tests");
        add_where(line, results, host);
    } else if (host == NULL || host->state == LG_HOST_ATTACHED) {
        *kind = LG_VERDICT_BROKEN;
        add_no_tests(line, results, host);
    } else if (last && header->records_lost > 0) {
        *kind = LG_VERDICT_BROKEN;
        lg_text_add(line, "%" PRIu32 " tests are beyond the %u that can be reported",
                    header->records_lost, LG_LEDGER_MAX_RECORDS);
    } else if (last && header->hosts_used > LG_LEDGER_MAX_HOSTS) {
        *kind = LG_VERDICT_BROKEN;
        lg_text_add(line, "%" PRIu32 " programs are beyond the %d that can be measured in one run",
                    header->hosts_used - LG_LEDGER_MAX_HOSTS, LG_LEDGER_MAX_HOSTS);
    } else if (last && header->attic_lost_bytes > 0) {
        *kind = LG_VERDICT_BROKEN;
        lg_text_add(line, "%" PRIu32 " bytes of names and details are beyond the room there is",
                    header->attic_lost_bytes);
    } else if (last && WEXITSTATUS(outcome->wait_status) != 0 && !any_failed(results)) {
        *kind = LG_VERDICT_FAILED;
        lg_text_add(line, "the program ");
        add_status(line, outcome->wait_status);
        lg_text_add(line, ", though no test failed");
    } else {
        said = false;
    }
    lg_message_put_on_one_line(line);
    lg_text_free(&unused);
    return said;
}
