/* What a child leaves in the ledger to show where it grew: the samples before and
 * after, the mappings that grew, the descriptors, threads and children that are left.
 * Safe between two samples. */
#ifndef LG_AGENT_EVIDENCE_H
#define LG_AGENT_EVIDENCE_H

#include "common/ledger.h"

/* From here on, what is there is not left by the runs that follow: the latest mappings
 * become those to compare with, and descriptors, threads and children are listed. */
void lg_evidence_begin(void);

/* Keeps in the record of this child what grew since lg_evidence_begin. A later call
 * replaces what an earlier one kept. */
void lg_evidence_keep(const struct lg_sample *before, const struct lg_sample *after);

#endif
