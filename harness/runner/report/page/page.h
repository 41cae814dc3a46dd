/* The page's style and script, embedded by embed.cmake, and their hashes as a
 * Content-Security-Policy has them. */
#ifndef LG_RUNNER_REPORT_PAGE_PAGE_H
#define LG_RUNNER_REPORT_PAGE_PAGE_H

extern const char lg_page_css[];
extern const char lg_page_css_hash[];
extern const char lg_page_js[];
extern const char lg_page_js_hash[];

#endif
