// SPDX-License-Identifier: BSD-2-Clause
/* device_spec.h - what --dev NAME=SPEC says. Only words: the devices are made by whoever reads them.
 *
 *   NAME=pair:PEER                 a link with two ends inside the engine
 *   NAME=pcap:IN[,OUT][,loop]      packets come from a capture, what is sent goes into another
 *   NAME=gen:PPS,SIZE,FLOWS        so many UDP packets a second, of so many bytes, in so many flows
 */
#ifndef CLSBPF_IO_DEVICE_SPEC_H
#define CLSBPF_IO_DEVICE_SPEC_H

#include <linux/if.h>

#include "base/log.h"
#include "base/types.h"

#define GEN_PPS_MAX 100000000u
#define GEN_SIZE_MIN 42u          /* the headers of Ethernet, IPv4 and UDP */
#define GEN_SIZE_MAX 65535u
#define GEN_FLOWS_MAX (1u << 24)

enum device_kind { DEVICE_PAIR, DEVICE_PCAP, DEVICE_GEN };

struct device_spec {
	enum device_kind kind;
	char name[IFNAMSIZ];
	char *text;               /* what the words below are parts of */
	const char *peer;         /* pair */
	const char *in, *out;     /* pcap; @out may be NULL */
	bool loop;                /* pcap: from the beginning again at its end */
	u32 pps, size, flows;     /* gen */
};

/** device_spec_parse() - @text into @spec; device_spec_free() it.
 *  Returns 0, or -EINVAL or -ENOMEM with a sentence. */
must_check int device_spec_parse(const char *text, struct device_spec *spec, struct log *log);
void device_spec_free(struct device_spec *spec);

#endif
