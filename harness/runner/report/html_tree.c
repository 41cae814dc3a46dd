/* The call sites as one tree: stacks that begin alike, at the test, are one branch. */
#include "runner/report/html_parts.h"

#include <stdlib.h>
#include <string.h>

/* The first node is the root, which is no frame; 0 is no node, too. */
struct node {
    const struct lg_doc_frame *frame;
    const struct lg_doc_site *site; /* of a leaf */
    int64_t bytes;
    int64_t count;
    size_t child;
    size_t next;
};

struct tree {
    struct node *nodes;
    size_t count;
};

static bool same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_frame(const struct lg_doc_frame *a, const struct lg_doc_frame *b)
{
    return a != NULL && a->line == b->line && same(a->function, b->function) &&
           same(a->file, b->file) && same(a->module, b->module);
}

/* The last link of PARENT's children, or the one to the child that is FRAME. */
static size_t *find_link(struct tree *tree, size_t parent, const struct lg_doc_frame *frame)
{
    size_t *link = &tree->nodes[parent].child;
    while (*link != 0 && (frame == NULL || !same_frame(tree->nodes[*link].frame, frame)))
        link = &tree->nodes[*link].next;
    return link;
}

static size_t child_of(struct tree *tree, size_t parent, const struct lg_doc_frame *frame)
{
    size_t *link = find_link(tree, parent, frame);
    if (*link == 0) {
        *link = tree->count;
        tree->nodes[tree->count++] = (struct node){.frame = frame};
    }
    return *link;
}

/* A report may be anybody's: sums that don't fit stay what they were. */
static void add_to(int64_t *sum, int64_t term)
{
    int64_t added;
    if (!__builtin_add_overflow(*sum, term, &added))
        *sum = added;
}

static void add_site(struct tree *tree, const struct lg_doc_site *site)
{
    size_t at = 0;
    for (size_t f = site->frame_count; f-- > 0;) {
        at = child_of(tree, at, &site->frames[f]);
        add_to(&tree->nodes[at].bytes, site->bytes);
        add_to(&tree->nodes[at].count, site->count);
    }
    size_t leaf = child_of(tree, at, NULL);
    tree->nodes[leaf].site = site;
}

static bool build(struct tree *tree, const struct lg_doc_case *test)
{
    size_t most = 1 + test->site_count;
    for (size_t i = 0; i < test->site_count; i++)
        most += test->sites[i].frame_count;
    tree->nodes = calloc(most, sizeof(*tree->nodes));
    tree->count = 1;
    for (size_t i = 0; tree->nodes != NULL && i < test->site_count; i++)
        add_site(tree, &test->sites[i]);
    return tree->nodes != NULL;
}

static void add_bytes(struct lg_text *out, int64_t bytes)
{
    lg_text_add(out, "%s", bytes < 0 ? "-" : "+");
    lg_text_add_size(out, bytes < 0 ? 0 - (uint64_t)bytes : (uint64_t)bytes);
}

static void add_leaf(struct lg_text *out, const struct lg_doc_site *site)
{
    const char *plural = site->count == 1 ? "" : strcmp(site->kind, "process") == 0 ? "es" : "s";
    lg_text_add(out, "<p class=\"leaf%s\">", site->over ? " over" : "");
    if (site->bytes != 0) {
        add_bytes(out, site->bytes);
        lg_text_add(out, " in ");
    }
    lg_text_add(out, "%lld ", (long long)site->count);
    lg_html_escape(out, site->kind);
    lg_text_add(out, "%s", plural);
    if (site->each_bytes > 0 && site->count > 1)
        lg_text_add(out, " of %lld B", (long long)site->each_bytes);
    lg_text_add(out, "%s</p>", site->over ? "" : ", within the budget");
}

static void add_frame(struct lg_text *out, const struct lg_doc_frame *frame)
{
    const char *slash = strrchr(frame->module, '/');
    lg_text_add(out, "<p><code>");
    lg_html_escape(out, frame->function);
    lg_text_add(out, "</code> <span>");
    if (frame->file != NULL) {
        lg_html_place(out, frame->file, frame->line);
    } else if (frame->module[0] != '\0') {
        lg_text_add(out, "in ");
        lg_html_escape(out, slash != NULL ? slash + 1 : frame->module);
    }
    lg_text_add(out, "</span></p>");
}

static void add_branches(struct lg_text *out, const struct tree *tree, const struct node *parent);

/* A node and those below it, as far as there is only one: deep stacks would leave the page. */
static void add_branch(struct lg_text *out, const struct tree *tree, const struct node *node)
{
    lg_text_add(out, "<li>");
    for (;;) {
        const struct node *child = &tree->nodes[node->child];
        if (node->site != NULL)
            add_leaf(out, node->site);
        else
            add_frame(out, node->frame);
        if (node->child == 0 || child->next != 0)
            break;
        node = child;
    }
    if (node->child != 0) {
        lg_text_add(out, "<details open=\"open\"><summary>");
        add_bytes(out, node->bytes);
        lg_text_add(out, " in %lld, by:</summary>", (long long)node->count);
        add_branches(out, tree, node);
        lg_text_add(out, "</details>");
    }
    lg_text_add(out, "</li>\n");
}

static void add_branches(struct lg_text *out, const struct tree *tree, const struct node *parent)
{
    lg_text_add(out, "<ul>");
    for (size_t at = parent->child; at != 0; at = tree->nodes[at].next)
        add_branch(out, tree, &tree->nodes[at]);
    lg_text_add(out, "</ul>");
}

void lg_html_tree(struct lg_text *out, const struct lg_doc_case *test)
{
    struct tree tree;
    if (test->site_count == 0)
        return;
    if (!build(&tree, test)) {
        out->failed = true;
        return;
    }
    lg_text_add(out,
                "<h4>Call sites <small>over %u traced run%s, from the test inwards</small></h4>"
                "\n<div class=\"tree\">",
                test->sites[0].runs, test->sites[0].runs == 1 ? "" : "s");
    add_branches(out, &tree, &tree.nodes[0]);
    lg_text_add(out, "</div>\n");
    free(tree.nodes);
}
