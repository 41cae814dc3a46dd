/* `leakgate doctor`: a run of the runner's own executable. */
#include "runner/command.h"
#include "runner/doctor.h"
#include "runner/report/console.h"

#include <dlfcn.h>
#include <leakgate/leakgate.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int report_doctor(const struct lg_results *results)
{
    bool good = lg_doctor_write(results, stdout, lg_console_color(LG_COLOR_AUTO, stdout));
    return good ? LEAKGATE_EXIT_CLEAN : LEAKGATE_EXIT_BROKEN;
}

/* The process that is measured for the doctor: this executable, under the agent. */
int lg_command_doctor_host(void)
{
    int (*doctor)(void);
    void *found = dlsym(RTLD_DEFAULT, "leakgate_agent_doctor");
    if (found == NULL)
        return lg_fail("doctor: the agent was not preloaded: is LD_PRELOAD taken out on the way?");
    memcpy(&doctor, &found, sizeof(doctor));
    return doctor();
}

int lg_command_doctor(int argc)
{
    char self[PATH_MAX];
    char *program[] = {self, "doctor-host", NULL};
    struct lg_options options = {
        .rigor = LG_RIGOR_QUICK, .timeout_ms = 10000, .jobs = 1, .quiet = true, .program = program};
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (argc != 1 || length < 0)
        return lg_fail("doctor: it takes no arguments");
    self[length] = '\0';
    lg_budget_init(&options.budget);
    setenv(LG_DOCTOR_VARIABLE, "1", 1);
    return lg_run_and_report(&options, report_doctor);
}
