/* The allocator's settings that leakgate pins, so that growth is exact and the
 * same from run to run. The runner sets the tunables, the agent the rest. */
#ifndef LG_COMMON_PINS_H
#define LG_COMMON_PINS_H

/* mallopt has no counterpart to these: they go in the host's environment. */
#define LG_PIN_TUNABLES "glibc.malloc.tcache_count=0:glibc.pthread.stack_cache_size=0"

/* AddressSanitizer would not start behind the agent, which does not touch what it needs. */
#define LG_PIN_ASAN_OPTIONS "verify_asan_link_order=0"

#define LG_PIN_MMAP_THRESHOLD_BYTES (128 * 1024)
#define LG_PIN_MMAP_MAX_COUNT 65536
#define LG_PIN_TRIM_THRESHOLD_BYTES (128 * 1024)
#define LG_PIN_TOP_PAD_BYTES (128 * 1024)
#define LG_PIN_ARENA_MAX_COUNT 1

#endif
