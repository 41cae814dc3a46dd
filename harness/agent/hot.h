/* What is written for each test lies side by side: the first write to a page costs a page fault, in
 * the host and in every child. */
#ifndef LG_AGENT_HOT_H
#define LG_AGENT_HOT_H

#define LG_HOT __attribute__((section("lg_hot")))

#endif
