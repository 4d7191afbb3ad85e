// SPDX-License-Identifier: BSD-2-Clause
/* feeds.h - the devices of a daemon: links, captures and generators, whose packets come by themselves. */
#ifndef CLSBPF_SERVE_FEEDS_H
#define CLSBPF_SERVE_FEEDS_H

#include "backend/backend.h"
#include "base/log.h"

struct feeds;

/** feeds_create() - no devices yet, on @engine. Returns 0 or -ENOMEM. */
must_check int feeds_create(struct backend *engine, struct feeds **out);

/** feeds_add() - a device by its NAME=SPEC (io/device_spec.h). Before feeds_start().
 *  Returns 0 or -errno with a sentence. */
must_check int feeds_add(struct feeds *feeds, const char *spec, struct log *log);

/** feeds_start() - packets begin to come. @say hears from another thread what goes wrong, a sentence at
 *  a time. Returns 0 or -errno. */
must_check int feeds_start(struct feeds *feeds, void (*say)(void *ctx, const char *sentence), void *ctx);

/** feeds_stop() - packets end; what was to be written is written. The devices stay: feeds_free() after
 *  the engine. Returns 0, or -errno with a sentence when an output is not complete. */
must_check int feeds_stop(struct feeds *feeds, struct log *log);
void feeds_free(struct feeds *feeds);

#endif
