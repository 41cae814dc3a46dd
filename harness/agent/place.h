/* Where the host runs: to wait for a child on another processor costs half as much again as on its
 * own, and that is where a fork puts it. */
#ifndef LG_AGENT_PLACE_H
#define LG_AGENT_PLACE_H

/* In the host or a keeper, before it forks a child: it stays on the processor that it runs on, and
 * so does the child at first. Now and then it is set free, and stays where the system puts it. */
void lg_place_pin(void);

/* In the keeper NUMBER, from 0: it stays on a processor that other keepers are not on, as far as
 * there are enough of them. BASE is that of the host, as _here tells it. */
void lg_place_spread(int base, unsigned number);

/* The processor that this process runs on, or -1. */
int lg_place_here(void);

/* Code of the user is about to run in this process, or one that is no child is to be forked: it may
 * run where it may. */
void lg_place_free(void);

/* In the child: it may run where the host might without us. */
void lg_place_enter_child(void);

#endif
