/* Why the agent did not get into a program: what its file tells. */
#ifndef LG_RUNNER_INSPECT_H
#define LG_RUNNER_INSPECT_H

/* Looks at PROGRAM, found as execvp finds it. Returns a phrase that says why nothing
 * could be measured in it and what to do, or NULL if its file gives no reason. Static
 * storage. */
const char *lg_inspect_program(const char *program);

#endif
