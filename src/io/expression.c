// SPDX-License-Identifier: BSD-2-Clause
/* expression.c - a file of its own because libpcap's struct bpf_insn is not Linux's. */
#include "io/expression.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdlib.h>

#define EXPRESSION_SNAPLEN 262144

struct expression {
	struct bpf_program program;
};

int expression_compile(const char *text, bool l2, struct log *log, struct expression **out)
{
	struct expression *expression = calloc(1, sizeof(*expression));
	pcap_t *pcap = pcap_open_dead(l2 ? DLT_EN10MB : DLT_RAW, EXPRESSION_SNAPLEN);
	int err = 0;

	if (!expression || !pcap)
		err = -ENOMEM;
	else if (pcap_compile(pcap, &expression->program, text, 1, PCAP_NETMASK_UNKNOWN))
		err = log_error(log, -EINVAL, "expression \"%s\": %s", text, pcap_geterr(pcap));
	if (pcap)
		pcap_close(pcap);
	if (err)
		free(expression);
	else
		*out = expression;
	return err;
}

bool expression_matches(const struct expression *expression, const u8 *bytes, u32 wire_len, u32 len)
{
	return bpf_filter(expression->program.bf_insns, bytes, wire_len, len);
}

void expression_free(struct expression *expression)
{
	if (!expression)
		return;
	pcap_freecode(&expression->program);
	free(expression);
}
