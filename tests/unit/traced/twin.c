/* A unit of the same types as inlines.c: what they share goes to a partial unit. */
#include "record.h"

void twin(FILE *file);

void twin(FILE *file)
{
    fputs("twin\n", file);
}
