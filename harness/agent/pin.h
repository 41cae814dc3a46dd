/* Pins the allocator's settings (common/pins.h) and finds out which hold. */
#ifndef LG_AGENT_PIN_H
#define LG_AGENT_PIN_H

#include <stdint.h>

/* Sets what mallopt can set, and looks whether the tunables came through.
 * Returns the pins in force: bit N for pin N of enum lg_pin. */
uint32_t lg_pin_allocator(const char *tunables);

#endif
