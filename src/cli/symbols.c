// SPDX-License-Identifier: BSD-2-Clause
/* symbols.c - /proc/kallsyms: lines "address type name [module]". Hidden addresses are 0. */
#include "cli/symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define SYMBOLS_MAX (1u << 22)

static int by_address(const void *one, const void *other)
{
	u64 a = ((const struct symbol_at *)one)->address, b = ((const struct symbol_at *)other)->address;

	return a < b ? -1 : a > b;
}

static bool room_for_one(struct symbols *symbols, size_t *room)
{
	struct symbol_at *more;

	if (symbols->count < *room)
		return true;
	if (*room >= SYMBOLS_MAX)
		return false;
	*room = *room ? 2 * *room : 4096;
	more = reallocarray(symbols->at, *room, sizeof(*more));
	if (more)
		symbols->at = more;
	return more;
}

static void read_symbols(struct symbols *symbols)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512];
	size_t room = 0;

	symbols->read = true;
	while (file && fgets(line, sizeof(line), file) && room_for_one(symbols, &room)) {
		struct symbol_at *symbol = &symbols->at[symbols->count];

		if (sscanf(line, "%" SCNx64 " %*c %127s", &symbol->address, symbol->name) != 2 ||
		    !symbol->address)
			continue;
		if (!strcmp(symbol->name, "__bpf_call_base"))
			symbols->call_base = symbol->address;
		symbols->count++;
	}
	if (file)
		fclose(file);
	if (symbols->count)
		qsort(symbols->at, symbols->count, sizeof(*symbols->at), by_address);
}

const char *symbols_name(struct symbols *symbols, u64 address)
{
	const struct symbol_at key = { .address = address };
	const struct symbol_at *found = NULL;

	if (!symbols->read)
		read_symbols(symbols);
	if (symbols->count)
		found = bsearch(&key, symbols->at, symbols->count, sizeof(key), by_address);
	return found ? found->name : NULL;
}

u64 symbols_call(struct symbols *symbols, s32 distance)
{
	if (!symbols->read)
		read_symbols(symbols);
	return symbols->call_base ? symbols->call_base + (u64)(s64)distance : 0;
}

void symbols_free(struct symbols *symbols)
{
	free(symbols->at);
	*symbols = (struct symbols){ 0 };
}
