#ifndef BENCH_XML_H
#define BENCH_XML_H

#include <CUnit/CUnit.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stddef.h>

/* A catalogue of so many books, as text; the caller frees it with free(). NULL if out of memory. */
char *catalogue_text(size_t books);

/* The same, read; the caller frees it with xmlFreeDoc(). NULL if out of memory. */
xmlDocPtr catalogue_read(size_t books);

extern CU_TestInfo parse_tests[];
extern CU_TestInfo tree_tests[];
extern CU_TestInfo xpath_tests[];
extern CU_TestInfo writer_tests[];
extern CU_TestInfo reader_tests[];
extern CU_TestInfo schema_tests[];

int xpath_suite_init(void);
int xpath_suite_clean(void);
int schema_suite_init(void);
int schema_suite_clean(void);

#endif
