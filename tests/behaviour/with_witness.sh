#!/bin/sh
# Starts $LGT_PROGRAM with the witness preloaded behind the agent.
LD_PRELOAD=$LD_PRELOAD:$LGT_WITNESS exec "$LGT_PROGRAM"
