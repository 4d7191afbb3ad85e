// SPDX-License-Identifier: BSD-2-Clause
/* test_out.c - the emitter: JSON that always parses, text that cannot work a terminal. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "cli/out.h"

struct page {
	char *text;
	size_t len;
	FILE *file;
	struct out out;
};

static void page_open(struct page *page, bool json, bool pretty)
{
	page->file = open_memstream(&page->text, &page->len);
	assert_non_null(page->file);
	/* fileno() of memory is -1, which is no terminal. */
	out_init(&page->out, page->file, json, pretty);
}

static void page_close(struct page *page)
{
	fclose(page->file);
	free(page->text);
}

static const char *page_text(struct page *page)
{
	fflush(page->file);
	return page->text;
}

/* The document, which must parse. */
static json_t *page_json(struct page *page)
{
	json_error_t error;
	json_t *root = json_loads(page_text(page), JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

	if (!root)
		fail_msg("%s in: %s", error.text, page->text);
	return root;
}

static const struct {
	const char *raw, *json, *text;
} strings[] = {
	{ "", "", "" },
	{ "plain", "plain", "plain" },
	{ "a\"b\\c/d", "a\"b\\c/d", "a\"b\\c/d" },
	{ "tab\tline\nend\r", "tab\tline\nend\r", "tab\\x09line\\x0aend\\x0d" },
	{ "\033[31mred", "\033[31mred", "\\x1b[31mred" },
	{ "\x01\x1f\x7f", "\x01\x1f\x7f", "\\x01\\x1f\\x7f" },
	{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
	{ "\xe2\x82\xac \xf0\x9f\x90\x9d", "\xe2\x82\xac \xf0\x9f\x90\x9d", "\xe2\x82\xac \xf0\x9f\x90\x9d" },
	{ "\xc2\x9b", "\xc2\x9b", "\\xc2\\x9b" },                       /* CSI of C1 */
	{ "\x80", "\xef\xbf\xbd", "\\x80" },                           /* alone */
	{ "\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd", "\\xff\\xfe" },
	{ "\xc3", "\xef\xbf\xbd", "\\xc3" },                           /* cut */
	{ "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd", "\\xe2\\x82" },
	{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd", "\\xc0\\xaf" },      /* overlong */
	{ "\xe0\x80\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "\\xe0\\x80\\xaf" },
	{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "\\xed\\xa0\\x80" }, /* surrogate */
	{ "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "\\xf4\\x90\\x80\\x80" },
};

static void test_strings(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		struct page page;
		json_t *root;

		page_open(&page, true, false);
		out_array(&page.out, NULL);
		out_str(&page.out, NULL, NULL, strings[i].raw);
		out_end(&page.out);
		root = page_json(&page);
		assert_string_equal(json_string_value(json_array_get(root, 0)), strings[i].json);
		json_decref(root);
		page_close(&page);

		page_open(&page, false, false);
		out_str(&page.out, "key", "<%s>", strings[i].raw);
		assert_int_equal(strlen(page_text(&page)), strlen(strings[i].text) + 2);
		assert_memory_equal(page_text(&page) + 1, strings[i].text, strlen(strings[i].text));
		page_close(&page);
	}
}

/* Every pair of bytes, as key and as value. */
static void test_bytes(void **state)
{
	for (u32 first = 1; first < 256; first++) {
		struct page page;
		json_t *root;

		page_open(&page, true, false);
		out_array(&page.out, NULL);
		for (u32 second = 1; second < 256; second++) {
			char text[3] = { (char)first, (char)second, '\0' };

			out_object(&page.out, NULL);
			out_str(&page.out, text, NULL, text);
			out_object_end(&page.out);
		}
		out_array_end(&page.out);
		out_end(&page.out);
		root = page_json(&page);
		assert_int_equal(json_array_size(root), 255);
		json_decref(root);
		page_close(&page);
	}
}

static void test_numbers(void **state)
{
	struct page page;
	json_t *root;

	/* Above the integers of jansson. */
	page_open(&page, true, false);
	out_u64(&page.out, NULL, NULL, UINT64_MAX);
	assert_string_equal(page_text(&page), "18446744073709551615");
	page_close(&page);

	page_open(&page, true, false);
	out_object(&page.out, NULL);
	out_s64(&page.out, "least", NULL, INT64_MIN);
	out_double(&page.out, "third", NULL, 1.0 / 3);
	out_double(&page.out, "huge", NULL, 1e300);
	out_double(&page.out, "nan", NULL, NAN);
	out_double(&page.out, "infinity", NULL, -INFINITY);
	out_bool(&page.out, "yes", NULL, true);
	out_bool(&page.out, "no", NULL, false);
	out_end(&page.out);
	root = page_json(&page);
	assert_true(json_integer_value(json_object_get(root, "least")) == INT64_MIN);
	assert_true(fabs(json_real_value(json_object_get(root, "third")) - 1.0 / 3) < 1e-14);
	assert_true(fabs(json_real_value(json_object_get(root, "huge")) / 1e300 - 1) < 1e-14);
	assert_true(json_is_null(json_object_get(root, "nan")));
	assert_true(json_is_null(json_object_get(root, "infinity")));
	assert_true(json_is_true(json_object_get(root, "yes")));
	assert_true(json_is_false(json_object_get(root, "no")));
	json_decref(root);
	page_close(&page);
}

/* Levels beyond the limit come out as null; the document stays whole. */
static void test_depth(void **state)
{
	for (u32 depth = 1; depth <= OUT_LEVELS + 4; depth++) {
		struct page page;
		json_t *root, *at;
		u32 found = 0;

		page_open(&page, true, depth & 1);
		for (u32 i = 0; i < depth; i++) {
			if (i & 1)
				out_array(&page.out, "deeper");
			else
				out_object(&page.out, "deeper");
			out_u64(&page.out, "level", NULL, i);
		}
		for (u32 i = depth; i--;) {
			if (i & 1)
				out_array_end(&page.out);
			else
				out_object_end(&page.out);
		}
		out_end(&page.out);
		root = page_json(&page);
		for (at = root; json_is_object(at) || json_is_array(at); found++)
			at = json_is_object(at) ? json_object_get(at, "deeper")
						: json_array_get(at, 1);
		assert_int_equal(found, min_u32(depth, OUT_LEVELS));
		assert_true(depth <= OUT_LEVELS ? !at : json_is_null(at));
		json_decref(root);
		page_close(&page);
	}
}

/* A verb that fails in the middle leaves levels open. */
static void test_left_open(void **state)
{
	struct page page;
	json_t *root;

	page_open(&page, true, false);
	out_object(&page.out, NULL);
	out_array(&page.out, "maps");
	out_object(&page.out, NULL);
	out_str(&page.out, "name", NULL, "m");
	out_end(&page.out);
	root = page_json(&page);
	assert_int_equal(json_array_size(json_object_get(root, "maps")), 1);
	json_decref(root);
	/* One end too many is none at all. */
	out_object_end(&page.out);
	assert_string_equal(page_text(&page), "{\"maps\":[{\"name\":\"m\"}]}\n");
	page_close(&page);
}

/* One statement, both forms; what belongs to one form only does not disturb the other. */
static void emit(struct out *out)
{
	out_object(out, NULL);
	out_text(out, "map ");
	out_str(out, "name", "%s", "seen");
	out_u64(out, NULL, ", %" PRIu64 " of text", 1);
	out_u64(out, "id", NULL, 7);
	out_array(out, "list");
	out_u64(out, NULL, " %" PRIu64, 1);
	out_u64(out, "ignored", " %" PRIu64, 2);
	out_array_end(out);
	out_object(out, "empty");
	out_object_end(out);
	out_bool(out, "flag", " flag", true);
	out_text(out, "\n");
	out_object_end(out);
	out_end(out);
}

static void test_forms(void **state)
{
	struct page page;

	page_open(&page, true, false);
	emit(&page.out);
	emit(&page.out);
	assert_string_equal(page_text(&page),
			    "{\"name\":\"seen\",\"id\":7,\"list\":[1,2],\"empty\":{},\"flag\":true}\n"
			    "{\"name\":\"seen\",\"id\":7,\"list\":[1,2],\"empty\":{},\"flag\":true}\n");
	page_close(&page);
	page_open(&page, true, true);
	emit(&page.out);
	assert_string_equal(page_text(&page),
			    "{\n    \"name\": \"seen\",\n    \"id\": 7,\n    \"list\": [1,2\n    ],\n"
			    "    \"empty\": {},\n    \"flag\": true\n}\n");
	page_close(&page);
	page_open(&page, false, false);
	emit(&page.out);
	assert_string_equal(page_text(&page), "map seen, 1 of text 1 2 flag\n");
	page_close(&page);
}

/* Strings of any length are cut between characters, never in one, and never overrun. */
static void test_escape_room(void **state)
{
	const char *text = "ab\033\xe2\x82\xac\xff";

	for (size_t room = 1; room < 24; room++) {
		char buf[24];

		memset(buf, 'x', sizeof(buf));
		out_escape(text, "", buf, room);
		assert_true(strlen(buf) < room);
		assert_memory_equal(buf, "ab\\x1b\xe2\x82\xac\\xff", strlen(buf));
		assert_true(strlen(buf) != 7 && strlen(buf) != 8);
	}
}

static void test_log(void **state)
{
	char text[64] = "";
	struct page page;
	struct log log;

	log_init(&log, text, sizeof(text));
	log_line(&log, "%s", "section \033]0;x\007: no\n\tdetails");
	page_open(&page, false, false);
	out_log(page.file, &log);
	assert_string_equal(page_text(&page), "section \\x1b]0;x\\x07: no\n\tdetails\n");
	page_close(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),    cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_numbers),    cmocka_unit_test(test_depth),
		cmocka_unit_test(test_left_open),  cmocka_unit_test(test_forms),
		cmocka_unit_test(test_escape_room), cmocka_unit_test(test_log),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
