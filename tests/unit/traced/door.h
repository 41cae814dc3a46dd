#ifndef LG_TRACED_DOOR_H
#define LG_TRACED_DOOR_H

int open_door(void (*visit)(const char *));
int walk_through(void (*visit)(const char *));

#endif
