/* The properties of a test case in the rich profile: what a report of another kind is made of. */
#ifndef LG_RUNNER_REPORT_JUNIT_DETAILS_H
#define LG_RUNNER_REPORT_JUNIT_DETAILS_H

#include "runner/report/junit_xml.h"

/* Writes the element "properties" of ROW, where there is anything to tell.
 *
 * A gauge that is not told of has not grown, neither per run nor in the first one.
 *
 * What has a structure of its own:
 *   growth_by_run  "1w live=112 heap=4096;4 live=448": runs, w for warm-up, and their growth
 *   over           "heap live": the gauges over their budget
 *   budget.GAUGE_bytes, budget.GAUGE_count: where a gauge grew; "unlimited" is one
 *   call_site      a line "KIND BYTES COUNT EACH_BYTES RUNS over|within", then one for each frame:
 *                  function, file, line and module, with tabs between; once for each site
 *   mappings_before, mappings_after: "START-END CLASS;...", hex, where memory grew */
void lg_junit_case_properties(struct junit *junit, const struct lg_row *row);

#endif
