/* The program's output on a terminal, with a progress line below it.
 *
 * The program writes to a pseudo-terminal of its own, so that it still sees a
 * terminal; what it writes is passed on as it comes, and the progress line is shown
 * only where the output stands at the beginning of a line. */
#ifndef LG_RUNNER_TERMINAL_H
#define LG_RUNNER_TERMINAL_H

#include <stdbool.h>

struct lg_terminal {
    int master; /* -1: the program writes to our own stdout and stderr */
    int slave;
    bool out; /* the program's stdout goes to the slave */
    bool err;
    bool at_line_start;
    bool shown; /* the progress line is on the screen */
};

/* Opens a pseudo-terminal if stderr is a terminal and WANTED is true. */
void lg_terminal_open(struct lg_terminal *terminal, bool wanted);

/* In the program's process, before exec. */
void lg_terminal_attach(const struct lg_terminal *terminal);

/* In the runner, once the program is started: its end is the program's now. */
void lg_terminal_started(struct lg_terminal *terminal);

/* Passes on what the program wrote. Returns false when there is nothing more to read. */
bool lg_terminal_forward(struct lg_terminal *terminal);

/* Shows LINE (no newline), cut to the terminal's width, in place of the one before. */
void lg_terminal_progress(struct lg_terminal *terminal, const char *line);

/* Passes on what is left and takes the progress line away. */
void lg_terminal_close(struct lg_terminal *terminal);

#endif
