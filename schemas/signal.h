/* SPDX-License-Identifier: Apache-2.0
 *
 * signal.h - the published list of outcome signals, as bits.
 */
#ifndef RPH_SCHEMAS_SIGNAL_H
#define RPH_SCHEMAS_SIGNAL_H

#include "schemas/base.h"

enum rph_signal {
#define RPH_SIGNAL(name, friction, text) RPH_SIGNAL_##name,
#include "schemas/signal.def"
#undef RPH_SIGNAL
	RPH_SIGNAL_COUNT
};

#define RPH_SIGNAL_BIT(name) (UINT32_C(1) << RPH_SIGNAL_##name)

/* The bit of a signal's name; 0 when the name is not on the list. */
uint32_t rph_signal_bit(struct rph_span name);
const char *rph_signal_name(enum rph_signal signal);

/* Bits of the signals by their friction column; constants for the compiler. */
enum {
	RPH_SIGNALS_OF_FAILURE = 0
#define RPH_SIGNAL(name, friction, text) | ((friction) > 0 ? RPH_SIGNAL_BIT(name) : 0)
#include "schemas/signal.def"
#undef RPH_SIGNAL
	,
	RPH_SIGNALS_OF_THE_USER = 0
#define RPH_SIGNAL(name, friction, text) | ((friction) == 2 ? RPH_SIGNAL_BIT(name) : 0)
#include "schemas/signal.def"
#undef RPH_SIGNAL
	,
	RPH_SIGNALS_OF_SUCCESS = 0
#define RPH_SIGNAL(name, friction, text) | ((friction) == 0 ? RPH_SIGNAL_BIT(name) : 0)
#include "schemas/signal.def"
#undef RPH_SIGNAL
};

#endif
