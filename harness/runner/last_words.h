/* What leakgate says where a library of its own can't go on: libxml2 leaves out what it has no
 * memory for, and libdw crashes, or ends the process as if a test had failed. One line, and the
 * exit status of what could not be done. Nothing half done stays: no test runs any more by then,
 * and files get their names later. */
#ifndef LG_RUNNER_LAST_WORDS_H
#define LG_RUNNER_LAST_WORDS_H

/* From now on, where libxml2 has no memory, this process ends. Before any other use of it. */
void lg_last_words_for_xml(void);

/* Between the two, so it does where debug information is read and libdw does not survive it. */
void lg_last_words_begin(void);
void lg_last_words_end(void);

#endif
