// SPDX-License-Identifier: BSD-2-Clause
/* parse.c - words to a command.
 *
 *   qdisc  VERB  { selector }                [ kind ]
 *   filter VERB  { selector }                [ kind  { option | CODE file [section] [program] [verbose] } ]
 *                  `--- SCOPE_FILTER ---'               `--- SCOPE_BPF ---'  `--- SCOPE_BPF_FILE ---'
 *
 * The words and what they set are rows of grammar.def; here is the order in which they may come and
 * what they exclude, which is tc's. Sentences are close to tc's. Values are not interpreted beyond
 * their shape: whether a handle exists is for the kernel to say.
 */
#include "tc/parse.h"

#include <errno.h>
#include <stdio.h>

#include "tc/number.h"
#include "wire/names.h"

struct parser {
	int argc;                  /* words that are left */
	char **argv;
	struct tc_command *command;
	struct log *log;
	u64 seen;                  /* bits of enum word, of this scope */
};

static bool seen(const struct parser *p, enum word id) { return p->seen & 1ull << id; }

static void skip_word(struct parser *p)
{
	p->argc--;
	p->argv++;
}

/* The word after a keyword. */
static int next_word(struct parser *p, const char **out)
{
	if (!p->argc)
		return log_error(p->log, -EINVAL,
				 "Command line is not complete. Try option \"help\"");
	*out = p->argv[0];
	skip_word(p);
	return 0;
}

static int not_yet(struct parser *p, const char *keyword)
{
	return log_error(p->log, -EOPNOTSUPP, "\"%s\" is not supported yet.", keyword);
}

static int duplicate(struct parser *p, const struct grammar_row *row, const char *value)
{
	return log_error(p->log, -EINVAL, "Error: duplicate \"%s\": \"%s\" is the second value.",
			 grammar_canonical(row)->keyword, value);
}

static int wrong(struct parser *p, const struct grammar_row *row, const char *value)
{
	if (!row->wrong)
		return log_error(p->log, -EINVAL, "Illegal \"%s\"", row->keyword);
	return log_error(p->log, -EINVAL, "Error: argument \"%s\" is wrong: %s", value, row->wrong);
}

/* @word as a value of @row, into the command. Longer names of devices are cut, as tc does. */
static int store_value(struct parser *p, const struct grammar_row *row, const char *word)
{
	void *member = (u8 *)p->command + row->member;
	u32 value = 0;
	int err = 0;

	switch (row->takes) {
	case TAKES_NOTHING:
		return 0;
	case TAKES_NAME:
		snprintf(member, IFNAMSIZ, "%s", word);
		return 0;
	case TAKES_TEXT:
		*(const char **)member = word;
		return 0;
	case TAKES_PROTOCOL:
		err = names_protocol_parse(word, member);
		break;
	case TAKES_PREF:
		err = number_u32(word, UINT16_MAX, &value);
		if (!err)
			*(u16 *)member = (u16)value;
		break;
	case TAKES_QDISC:
		err = number_qdisc(word, member);
		break;
	case TAKES_CLASSID:
		err = number_classid(word, member);
		break;
	case TAKES_U32:
		err = number_u32(word, UINT32_MAX, member);
		break;
	}
	return err ? wrong(p, row, word) : 0;
}

/* The value of a VALUE row whose keyword was taken. */
static int take_value(struct parser *p, const struct grammar_row *row)
{
	const char *value = "";
	int err;

	if (row->takes == TAKES_NOTHING)
		return 0;
	err = next_word(p, &value);
	if (err)
		return err;
	/* In a list of qdiscs a later device replaces an earlier one, in tc, too. */
	if (seen(p, row->id) && !(row->scope == SCOPE_QDISC_SHOW && row->id == WORD_DEV))
		return duplicate(p, row, value);
	return store_value(p, row, value);
}

/* ---- where: one parent only ---- */

static bool names_parent(enum word id)
{
	return id == WORD_ROOT || id == WORD_CLSACT || id == WORD_INGRESS || id == WORD_EGRESS ||
	       id == WORD_PARENT;
}

static int check_parent(struct parser *p, const struct grammar_row *row)
{
	const u64 parents = 1ull << WORD_ROOT | 1ull << WORD_CLSACT | 1ull << WORD_INGRESS |
			    1ull << WORD_EGRESS | 1ull << WORD_PARENT;

	if (!names_parent(row->id) || !(p->seen & parents))
		return 0;
	if (row->scope == SCOPE_QDISC_SHOW)
		return log_error(p->log, -EINVAL,
				 "Error: argument \"%s\" is wrong: parent is already specified",
				 row->keyword);
	if (row->id == WORD_PARENT && p->argc)
		return duplicate(p, row, p->argv[0]);
	return log_error(p->log, -EINVAL, "Error: \"%s\" is duplicate parent ID", row->keyword);
}

/* A selector of qdiscs. @done: it was a kind as well, so that no selector follows. */
static int qdisc_selector(struct parser *p, const struct grammar_row *row, bool *done)
{
	struct tc_qdisc_spec *qdisc = &p->command->qdisc;
	bool show = row->scope == SCOPE_QDISC_SHOW;

	if (row->id == WORD_ROOT) {
		qdisc->parent = TC_H_ROOT;
	} else if (row->id == WORD_INGRESS || row->id == WORD_CLSACT) {
		/* Both are the one qdisc that a device may have at this place. */
		qdisc->parent = TC_H_INGRESS;
		if (!show) {
			qdisc->handle = TC_H_MAKE(TC_H_INGRESS, 0);
			snprintf(qdisc->kind, sizeof(qdisc->kind), "%s", row->keyword);
			*done = true;
		}
	} else if (row->id == WORD_INVISIBLE) {
		qdisc->invisible = true;
	}
	return 0;
}

static void filter_selector(struct parser *p, const struct grammar_row *row)
{
	struct tc_filter_spec *filter = &p->command->filter;

	if (row->id == WORD_ROOT)
		filter->parent = TC_H_ROOT;
	else if (row->id == WORD_INGRESS)
		filter->parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
	else if (row->id == WORD_EGRESS)
		filter->parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS);
	else if (row->id == WORD_CHAIN)
		filter->has_chain = true;
}

/* Selectors, up to a word that is none (which stays) or the end. */
static int parse_selectors(struct parser *p, enum scope scope)
{
	bool done = false;

	p->seen = 0;
	while (p->argc && !done) {
		const struct grammar_row *row = grammar_find(scope, p->argv[0]);
		int err;

		if (!row)
			return 0;
		skip_word(p);
		if (row->id == WORD_LATER)
			return not_yet(p, row->keyword);
		if (row->id == WORD_HELP) {
			p->command->help = true;
			p->command->help_scope = scope;
			return 0;
		}
		err = check_parent(p, row);
		if (!err)
			err = take_value(p, row);
		if (!err && p->command->object == WORD_QDISC)
			err = qdisc_selector(p, row, &done);
		else if (!err)
			filter_selector(p, row);
		if (err)
			return err;
		p->seen |= 1ull << row->id;
	}
	return 0;
}

/* ---- bpf ---- */

/* The program: which kind of file, the file, and the options that follow it in this order. */
static int parse_code(struct parser *p)
{
	const struct grammar_row *row = p->argc ? grammar_find(SCOPE_BPF_CODE, p->argv[0]) : NULL;
	const char *word = "";
	int err = next_word(p, &word);

	if (err)
		return err;
	if (!row)
		return log_error(p->log, -EINVAL, "What mode is \"%s\"?", word);
	if (row->id == WORD_LATER)
		return not_yet(p, row->keyword);
	err = take_value(p, row);
	for (u32 i = 0; !err && p->argc && (row = grammar_option(SCOPE_BPF_FILE, i)); i++) {
		if (!grammar_matches(row, p->argv[0]))
			continue;
		if (row->id == WORD_LATER)
			return not_yet(p, row->keyword);
		skip_word(p);
		err = take_value(p, row);
		if (row->id == WORD_VERBOSE)
			p->command->filter.bpf.verbose = true;
	}
	return err;
}

static int bpf_option(struct parser *p, const struct grammar_row *row)
{
	struct tc_bpf_spec *bpf = &p->command->filter.bpf;

	if (row->id == WORD_LATER)
		return not_yet(p, row->keyword);
	if (row->id == WORD_HELP) {
		p->command->help = true;
		p->command->help_scope = SCOPE_BPF;
	} else if (row->id == WORD_DIRECT) {
		bpf->direct_action = true;
	} else if (row->id == WORD_SKIP_HW) {
		bpf->gen_flags |= TCA_CLS_FLAGS_SKIP_HW;
	} else if (row->id == WORD_SKIP_SW) {
		bpf->gen_flags |= TCA_CLS_FLAGS_SKIP_SW;
	} else if (row->id == WORD_CLASSID) {
		p->seen &= ~(1ull << WORD_CLASSID);   /* the last one counts */
		return take_value(p, row);
	}
	return 0;
}

static int parse_bpf(struct parser *p)
{
	p->seen = 0;
	while (p->argc && !p->command->help) {
		const struct grammar_row *row = grammar_find(SCOPE_BPF, p->argv[0]);
		int err;

		if (row)
			skip_word(p);
		else if (seen(p, WORD_RUN))
			return log_error(p->log, -EINVAL, "What is \"%s\"?", p->argv[0]);
		if (row && row->id == WORD_RUN && seen(p, WORD_RUN) && p->argc)
			return duplicate(p, row, p->argv[0]);
		if (!row || row->id == WORD_RUN) {
			err = parse_code(p);
			p->seen |= 1ull << WORD_RUN;
		} else {
			err = bpf_option(p, row);
		}
		if (err)
			return err;
	}
	return 0;
}

/* ---- filter ---- */

static int parse_handle(struct parser *p)
{
	const char *handle = p->command->handle;

	if (handle && number_u32(handle, UINT32_MAX, &p->command->filter.handle))
		return log_error(p->log, -EINVAL, "Illegal \"handle\"");
	return 0;
}

static int garbage(struct parser *p, const char *object)
{
	return log_error(p->log, -EINVAL,
			 "Garbage instead of arguments \"%s ...\". Try \"tc %s help\".", p->argv[0],
			 object);
}

/* What `get` cannot do without. */
static int check_get(struct parser *p)
{
	const struct tc_command *command = p->command;
	const char *missing = NULL;

	if (!command->filter.protocol)
		missing = "filter protocol";
	else if (!command->filter.pref)
		missing = "filter priority";
	else if (!command->filter.parent)
		missing = "filter parent";
	else if (!command->filter.kind[0])
		missing = "filter type";
	else if (!command->filter.dev[0])
		missing = "netdevice \"dev\"";
	else if (!command->handle)
		missing = "filter \"handle\"";
	if (missing)
		return log_error(p->log, -EINVAL, "Must specify %s", missing);
	return p->argc ? garbage(p, "filter") : 0;
}

/* After the selectors: the kind and its options. */
static int parse_kind(struct parser *p)
{
	struct tc_filter_spec *filter = &p->command->filter;
	const char *kind = "";
	int err = 0;

	if (p->argc) {
		kind = p->argv[0];
		skip_word(p);
		if (!kind[0])
			return log_error(p->log, -EINVAL,
					 "Error: argument \"\" is wrong: invalid filter name");
		snprintf(filter->kind, sizeof(filter->kind), "%s", kind);
	}
	if (!kind[0] && p->command->handle && filter->verb != TC_GET)
		return log_error(p->log, -EINVAL,
				 "Must specify filter type when using \"handle\"");
	/* Of other kinds only the name is known: enough to delete them. */
	if (kind[0] && strcmp(kind, "bpf") && (filter->verb != TC_DEL || p->argc || p->command->handle))
		return log_error(p->log, -EOPNOTSUPP, "filters of kind \"%s\" are not supported yet.",
				 kind);
	err = parse_handle(p);
	if (!err && filter->verb == TC_GET)
		return check_get(p);
	return err ? err : parse_bpf(p);
}

static int parse_filter(struct parser *p)
{
	struct tc_filter_spec *filter = &p->command->filter;
	bool show = filter->verb == TC_SHOW;
	int err = parse_selectors(p, show ? SCOPE_FILTER_SHOW : SCOPE_FILTER);

	if (err || p->command->help)
		return err;
	if (!show)
		return parse_kind(p);
	if (p->argc)
		return log_error(p->log, -EINVAL, "What is \"%s\"? Try \"tc filter help\".",
				 p->argv[0]);
	return 0;
}

/* ---- qdisc ---- */

static int parse_qdisc(struct parser *p)
{
	struct tc_qdisc_spec *qdisc = &p->command->qdisc;
	bool show = qdisc->verb == TC_SHOW, ours;
	int err = parse_selectors(p, show ? SCOPE_QDISC_SHOW : SCOPE_QDISC);

	if (err || p->command->help)
		return err;
	if (show && p->argc)
		return log_error(p->log, -EINVAL, "What is \"%s\"? Try \"tc qdisc help\".",
				 p->argv[0]);
	if (p->argc && !qdisc->kind[0]) {
		snprintf(qdisc->kind, sizeof(qdisc->kind), "%s", p->argv[0]);
		skip_word(p);
	}
	ours = !qdisc->kind[0] || !strcmp(qdisc->kind, "clsact") || !strcmp(qdisc->kind, "ingress");
	if (!ours && (qdisc->verb != TC_DEL || p->argc))
		return log_error(p->log, -EOPNOTSUPP, "qdiscs of kind \"%s\" are not supported yet.",
				 qdisc->kind);
	if (p->argc)
		return log_error(p->log, -EINVAL, "What is \"%s\"?", p->argv[0]);
	return 0;
}

/* ---- the first two words ---- */

static int parse_verb(struct parser *p, enum scope scope, const char *object, enum tc_verb *verb)
{
	const struct grammar_row *row;

	*verb = TC_SHOW;
	if (!p->argc)
		return 0;
	row = grammar_find(scope, p->argv[0]);
	if (!row)
		return log_error(p->log, -EINVAL, "Command \"%s\" is unknown, try \"tc %s help\".",
				 p->argv[0], object);
	skip_word(p);
	if (row->id == WORD_LATER)
		return not_yet(p, row->keyword);
	if (row->id == WORD_HELP) {
		p->command->help = true;
		p->command->help_scope = scope;
	} else if (row->id == WORD_ADD) {
		*verb = TC_ADD;
	} else if (row->id == WORD_CHANGE) {
		*verb = TC_CHANGE;
	} else if (row->id == WORD_REPLACE) {
		*verb = TC_REPLACE;
	} else if (row->id == WORD_DEL) {
		*verb = TC_DEL;
	} else if (row->id == WORD_GET) {
		*verb = TC_GET;
	}
	return 0;
}

int parse_command(int argc, char **argv, struct tc_command *command, struct log *log)
{
	struct parser p = { .argc = argc, .argv = argv, .command = command, .log = log };
	const struct grammar_row *row;
	int err;

	memset(command, 0, sizeof(*command));
	command->filter.bpf.handle = -1;
	if (!argc) {
		command->help = true;
		command->help_scope = SCOPE_OBJECT;
		return 0;
	}
	row = grammar_find(SCOPE_OBJECT, argv[0]);
	if (!row)
		return log_error(log, -EINVAL, "Object \"%s\" is unknown, try \"tc help\".", argv[0]);
	skip_word(&p);
	if (row->id == WORD_LATER)
		return not_yet(&p, row->keyword);
	command->object = row->id;
	if (row->id == WORD_HELP) {
		command->help = true;
		command->help_scope = SCOPE_OBJECT;
		return 0;
	}
	if (row->id == WORD_QDISC) {
		err = parse_verb(&p, SCOPE_QDISC_VERB, "qdisc", &command->qdisc.verb);
		return err || command->help ? err : parse_qdisc(&p);
	}
	err = parse_verb(&p, SCOPE_FILTER_VERB, "filter", &command->filter.verb);
	return err || command->help ? err : parse_filter(&p);
}
