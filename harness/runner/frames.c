#include "runner/frames.h"

#include "runner/source.h"

#include <string.h>

/* Its file is no part of the system, nor is its module. */
static bool is_users(const struct lg_frame *frame)
{
    return frame->module != NULL && !lg_source_is_system(frame->module) &&
           (frame->file == NULL || !lg_source_is_system(frame->file));
}

/* A frame with a line is worth more than one without: of a library of the user's that has no
 * debug information, the caller is shown. */
size_t lg_frames_find_user(const struct lg_frame *frames, size_t count)
{
    size_t first = count;
    for (size_t i = 0; i < count; i++) {
        if (!is_users(&frames[i]))
            continue;
        if (frames[i].file != NULL)
            return i;
        first = first == count ? i : first;
    }
    return first;
}

size_t lg_frames_cut_agent(const struct lg_frame *frames, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *module = frames[i].module;
        const char *slash = module != NULL ? strrchr(module, '/') : NULL;
        if (slash != NULL && strcmp(slash, "/libleakgate_agent.so") == 0)
            return i;
    }
    return count;
}
