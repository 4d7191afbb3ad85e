// SPDX-License-Identifier: BSD-2-Clause
/* report.c - a refusal as text, or as one JSON object that says the same.
 *
 *   4 bytes at packet offset 34 are read, but only 34 bytes are known to be there     the sentence
 *                                                                                     (an empty line)
 *   tcp.c:24:11, in drop_ssh():                                                       where
 *   	if (tcp->dest == bpf_htons(22))
 *   	    ~~~~~^~~~
 *   because                                                                           events, oldest first
 *     line 18: this makes sure of 34 bytes, no more
 *   	if (data + 34 > data_end)
 *   instead, before line 24                                                           what is missing
 *   	if ((void *)(tcp + 1) > data_end) return TC_ACT_OK;
 *   instruction 8: r1 = *(u16 *)(r1 +36)                                              and registers
 *     R1   a packet pointer
 *
 * Without BTF, instructions stand where the lines would.
 */
#include <errno.h>
#include <stdio.h>

#include "object/prog.h"
#include "verify/explain.h"

struct reason_row {
	const char *id, *title, *suggestion;
};

static const struct reason_row reasons[] = {
#define REASON(id, title, suggestion) { #id, title, suggestion },
#include "verify/reason.def"
#undef REASON
};

/* ---- text ---- */

/* The line under @src's text that points at its column: blanks as wide as what is above them. */
static void underline(const struct source *src, char *buf, size_t room)
{
	struct span e = { src->column - 1, src->column };
	size_t i;

	if (!source_expression(src, &e))
		e = (struct span){ src->column - 1, src->column };
	for (i = 0; i < e.to && i + 1 < room; i++)
		buf[i] = i + 1 == src->column ? '^' : i >= e.from ? '~' : src->text[i] == '\t' ? '\t' : ' ';
	buf[i] = '\0';
}

static void print_text_line(struct log *log, const char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	if (*text)
		log_line(log, "\t%s", text);
}

static void print_where(const struct verifier *v, u32 insn, struct log *log)
{
	struct source src;
	char line[1024];

	if (!source_find(v, insn, &src))
		return;
	log_add(log, "\n%s:%u", src.file, src.line);
	if (src.column)
		log_add(log, ":%u", src.column);
	if (*src.function)
		log_add(log, ", in %s()", src.function);
	log_line(log, ":");
	if (!*src.text)
		return;
	log_line(log, "%s", src.text);
	if (!src.column)
		return;
	underline(&src, line, sizeof(line));
	log_line(log, "%s", line);
}

/* Does event @i come from the same line as the one after it? The text of a line is shown once. */
static bool same_line(const struct verifier *v, const struct explanation *e, u32 i)
{
	struct source src, next;

	return i + 1 < e->count && source_find(v, e->because[i].insn, &src) &&
	       source_find(v, e->because[i + 1].insn, &next) && src.line == next.line &&
	       !strcmp(src.file, next.file);
}

static void print_event(const struct verifier *v, const struct explanation *e, u32 i, struct log *log)
{
	const struct because *b = &e->because[i];
	struct source here, src;
	char text[160];

	source_find(v, e->insn, &here);
	if (!source_find(v, b->insn, &src)) {
		log_line(log, "  instruction %u: %s", b->insn, b->text);
		print_text_line(log, statelog_code(v, b->insn, text, sizeof(text)));
		return;
	}
	/* The same file is not named again. */
	if (strcmp(src.file, here.file))
		log_line(log, "  %s:%u: %s", src.file, src.line, b->text);
	else
		log_line(log, "  line %u: %s", src.line, b->text);
	if (!same_line(v, e, i))
		print_text_line(log, src.text);
}

static void print_because(const struct verifier *v, const struct explanation *e, struct log *log)
{
	for (u32 i = 0; i < e->count; i++) {
		if (!i)
			log_line(log, "because");
		if (i == 2 && e->left_out)
			log_line(log, "  (%u more)", e->left_out);
		print_event(v, e, i, log);
	}
}

static void print_instead(const struct verifier *v, const struct explanation *e, struct log *log)
{
	const char *general = reasons[v->refusal.reason].suggestion;

	if (!*e->instead && !*general)
		return;
	if (*e->instead && e->before)
		log_line(log, "instead, before line %u", e->before);
	else
		log_line(log, "instead");
	log_line(log, "\t%s", *e->instead ? e->instead : general);
}

/* What @reg holds, and how much of the packet is known to be behind it. */
static const char *register_words(const struct verifier *v, const struct reg *reg, char *buf, size_t room)
{
	size_t len;

	value_words(v, reg, buf, room);
	len = strlen(buf);
	if (reg_is_packet(reg) && reg->room > 0)
		snprintf(buf + len, room - len, ", of which %d bytes are known to be there", reg->room);
	return buf;
}

static void print_registers(const struct verifier *v, struct log *log)
{
	const struct frame *frame = v_frame(v);
	char text[256];

	log_line(log, "instruction %u: %s", v->refusal.insn,
		 statelog_code(v, v->refusal.insn, text, sizeof(text)));
	if (!v->walked)
		return;
	for (u32 n = 0; n < V_REGS; n++)
		if (frame->reg[n].type != REG_NOTHING)
			log_line(log, "  R%-2u %s", n, register_words(v, &frame->reg[n], text, sizeof(text)));
}

/* ---- JSON ---- */

/* Bytes of the UTF-8 character at @at, or 0. */
static u32 utf8(const unsigned char *at)
{
	u32 len = *at < 0x80 ? 1 : *at >= 0xc2 && *at < 0xe0 ? 2 : *at >= 0xe0 && *at < 0xf0 ? 3 :
		  *at >= 0xf0 && *at < 0xf5 ? 4 : 0;

	for (u32 i = 1; i < len; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	/* Longer forms of shorter ones, halves of pairs, and what is too large. */
	if ((*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] > 0x9f) || (*at == 0xf0 && at[1] < 0x90) ||
	    (*at == 0xf4 && at[1] > 0x8f))
		return 0;
	return len;
}

/* Texts are the program's: they may hold anything. */
static void json_string(struct log *log, const char *key, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	if (key)
		log_add(log, "\"%s\":", key);
	log_add(log, "\"");
	while (*at) {
		u32 len = utf8(at);

		if (*at == '"' || *at == '\\')
			log_add(log, "\\%c", *at);
		else if (*at < 0x20 || *at == 0x7f)
			log_add(log, "\\u%04x", *at);
		else
			log_add(log, "%.*s", len ? (int)len : 6, len ? (const char *)at : "\\ufffd");
		at += len ? len : 1;
	}
	log_add(log, "\"");
}

static void json_where(const struct verifier *v, u32 insn, struct log *log)
{
	struct source src;
	char text[160];

	log_add(log, "\"instruction\":%u,", insn);
	json_string(log, "code", statelog_code(v, insn, text, sizeof(text)));
	if (!source_find(v, insn, &src))
		return;
	log_add(log, ",\"source\":{");
	json_string(log, "file", src.file);
	log_add(log, ",\"line\":%u,\"column\":%u,", src.line, src.column);
	json_string(log, "text", src.text);
	log_add(log, ",");
	json_string(log, "function", src.function);
	log_add(log, "}");
}

static void json_registers(const struct verifier *v, struct log *log)
{
	const struct frame *frame = v_frame(v);
	const char *comma = "";
	char text[256];

	log_add(log, ",\"registers\":{");
	for (u32 n = 0; n < V_REGS && v->walked; n++) {
		char key[8];

		if (frame->reg[n].type == REG_NOTHING)
			continue;
		snprintf(key, sizeof(key), "R%u", n);
		log_add(log, "%s", comma);
		json_string(log, key, register_words(v, &frame->reg[n], text, sizeof(text)));
		comma = ",";
	}
	log_add(log, "}");
}

static void json_refusal(const struct verifier *v, const struct explanation *e, struct log *log)
{
	const struct reason_row *reason = &reasons[v->refusal.reason];

	log_add(log, "{\"verdict\":\"refused\",\"errno\":%d,", -v->refusal.err);
	json_string(log, "reason", reason->id);
	log_add(log, ",");
	json_string(log, "title", reason->title);
	log_add(log, ",");
	json_string(log, "sentence", v->refusal.text);
	log_add(log, ",");
	json_where(v, e->insn, log);
	log_add(log, ",\"because\":[");
	for (u32 i = 0; i < e->count; i++) {
		log_add(log, "%s{", i ? "," : "");
		json_string(log, "text", e->because[i].text);
		log_add(log, ",");
		json_where(v, e->because[i].insn, log);
		log_add(log, "}");
	}
	log_add(log, "],\"instead\":{");
	json_string(log, "text", *e->instead ? e->instead : reason->suggestion);
	log_add(log, ",\"code\":%s", e->code ? "true" : "false");
	if (e->before)
		log_add(log, ",\"before\":%u", e->before);
	log_add(log, "},\"refused_at\":%u", v->refusal.insn);
	json_registers(v, log);
}

/* ---- statistics ---- */

static void print_stats(const struct verifier *v, struct log *log)
{
	const struct verify_stats *stats = &v->stats;

	log_line(log,
		 "walked %u instructions (%u at most), kept %u states (%u at a time, %u at one "
		 "instruction), "
		 "%u bytes of stack, %llu KiB for states, %llu us",
		 stats->insns, V_INSNS, stats->states, stats->states_peak, stats->states_at_one,
		 stats->stack_depth, (unsigned long long)stats->memory_peak >> 10,
		 (unsigned long long)stats->ns / 1000);
}

static void json_stats(const struct verifier *v, struct log *log)
{
	const struct verify_stats *stats = &v->stats;

	log_add(log, ",\"stats\":{\"instructions\":%u,\"limit\":%u,\"states\":%u,\"states_peak\":%u,"
		"\"states_at_one\":%u,\"stack\":%u,\"memory\":%llu,\"ns\":%llu}", stats->insns, V_INSNS,
		stats->states, stats->states_peak, stats->states_at_one, stats->stack_depth,
		(unsigned long long)stats->memory_peak, (unsigned long long)stats->ns);
}

static void json_verdict(struct verifier *v, const struct explanation *e, struct log *log)
{
	if (e)
		json_refusal(v, e, log);
	else
		log_add(log, "{\"verdict\":\"accepted\"");
	if (v->options->log_level & VERIFY_LOG_STATS)
		json_stats(v, log);
	log_line(log, "}");
}

/* ---- both ---- */

/* Whoever asked for no log gets the sentence only: to explain costs more than to refuse. */
void report_verdict(struct verifier *v, int err)
{
	struct log *log = v->log;
	struct explanation e;

	if (!log || !v->options->log_level) {
		if (err)
			log_line(log, "%s", v->refusal.text);
		return;
	}
	if (err) {
		explain(v, &e);
		if (*e.sentence)
			memcpy(v->refusal.text, e.sentence, sizeof(v->refusal.text));
		log_line(log, "%s", v->refusal.text);
	}
	if (v->options->json) {
		json_verdict(v, err ? &e : NULL, log);
		return;
	}
	if (err) {
		print_where(v, e.insn, log);
		print_because(v, &e, log);
		print_instead(v, &e, log);
		print_registers(v, log);
	}
	if (v->options->log_level & VERIFY_LOG_STATS)
		print_stats(v, log);
}
