/* Where a test stood when it died of a signal, or of its time limit: its registers and the newest
 * part of its stack go to the ledger, for the runner to read. */
#ifndef LG_AGENT_CRASH_H
#define LG_AGENT_CRASH_H

/* In the child: from here on, deadly signals that the program has left to the system are noted on
 * their way. What the test does about them itself is not changed. */
void lg_crash_arm(void);

#endif
