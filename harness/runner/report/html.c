#include "runner/report/outputs.h"

void lg_html_add(struct lg_text *out, const struct lg_doc *doc)
{
    lg_text_add(out, "%zu\n", doc->cases);
}
