/* Where the host stands in the files that it reads. A forked test shares that with the
 * host and with every other test: what one reads, the next would not find. */
#ifndef LG_AGENT_OFFSETS_H
#define LG_AGENT_OFFSETS_H

#include <stdbool.h>

/* Remembers the offset of each regular file that is open for reading, stdout and stderr
 * apart. To be called whenever code of the user has run in this process. Safe between two
 * samples. */
void lg_offsets_note(void);

/* Whether one of them is elsewhere by now: whoever reads on there does not find what was
 * found before. Safe between two samples. */
bool lg_offsets_moved(void);

/* Whether FD was open then. */
bool lg_offsets_was_open(int fd);

/* Whether there is any file to be read on in. */
bool lg_offsets_any(void);

/* In the host: notes that tests run one by one for it, and which it is. */
void lg_offsets_tell(void);

/* Puts them back. */
void lg_offsets_restore(void);

#endif
