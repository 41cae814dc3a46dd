/* Keeps the output of runs that are not reported away from the user: the output of a
 * test is that of its first run. */
#ifndef LG_AGENT_SILENCE_H
#define LG_AGENT_SILENCE_H

/* Flushes every stream. Where there are threads, one may be blocked with a stream locked:
 * then only stdout and stderr, if they are free. */
void lg_flush(void);

struct lg_silence {
    int out; /* copies of stdout and stderr; -1: they were closed */
    int err;
};

/* What is written from here on goes nowhere; what was written before is flushed. */
void lg_silence_begin(struct lg_silence *silence);

/* Gives stdout and stderr back. */
void lg_silence_end(const struct lg_silence *silence);

/* For good: nothing is kept to give back. */
void lg_silence_forever(void);

#endif
