// SPDX-License-Identifier: MIT
#define _GNU_SOURCE /* vasprintf() */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lwctl.h"
#include "table.h"

#define GAP "..."
#define BETWEEN 2 /* spaces from column to column */

/* Of text in which lw_one_line() has left characters only. */
static size_t count_characters(const char *text)
{
	size_t n = 0;

	for (; *text; text += lw_character(text))
		n++;
	return n;
}

static char *skip_characters(char *text, size_t n)
{
	while (n--)
		text += lw_character(text);
	return text;
}

void lw_shorten(char *text, size_t max)
{
	size_t n, kept = max - strlen(GAP);
	char *head, *tail;

	lw_one_line(text);
	n = count_characters(text);
	if (n <= max)
		return;
	head = skip_characters(text, kept / 2);
	tail = skip_characters(text, n - (kept - kept / 2));
	memcpy(head, GAP, strlen(GAP));
	memmove(head + strlen(GAP), tail, strlen(tail) + 1);
}

static void add(struct lw_table *table, char *cell)
{
	unsigned int max = table->columns[table->n % table->n_columns].max;
	size_t room = 2 * table->room + 64;
	char **cells;

	if (cell && table->n == table->room) {
		cells = realloc(table->cells, room * sizeof(*cells));
		if (cells) {
			table->cells = cells;
			table->room = room;
		} else {
			free(cell);
			cell = NULL;
		}
	}
	if (!cell) {
		table->short_memory = true;
		return;
	}
	lw_shorten(cell, max ? max : SIZE_MAX);
	table->cells[table->n++] = cell;
}

void lw_table_begin(struct lw_table *table, const struct lw_column *columns,
		    size_t n)
{
	*table = (struct lw_table){ .columns = columns, .n_columns = n };
	for (size_t i = 0; i < n; i++)
		add(table, strdup(columns[i].title));
}

void lw_table_add(struct lw_table *table, const char *format, ...)
{
	va_list args;
	char *cell;

	va_start(args, format);
	if (vasprintf(&cell, format, args) < 0)
		cell = NULL;
	va_end(args);
	add(table, cell);
}

static size_t column_width(const struct lw_table *table, size_t column)
{
	size_t width = 0, n;

	for (size_t i = column; i < table->n; i += table->n_columns) {
		n = count_characters(table->cells[i]);
		if (n > width)
			width = n;
	}
	return width;
}

/* Spaces are printed once something follows them in the line. */
static void print_cells(const struct lw_table *table, const size_t *widths)
{
	size_t spaces = 0;

	for (size_t i = 0; i < table->n; i++) {
		size_t column = i % table->n_columns;
		const char *cell = table->cells[i];
		size_t rest = widths[column] - count_characters(cell);
		bool right = table->columns[column].right;

		if (!column)
			spaces = 0;
		if (right)
			spaces += rest;
		if (*cell) {
			printf("%*s%s", (int)spaces, "", cell);
			spaces = 0;
		}
		spaces += BETWEEN + (right ? 0 : rest);
		if (column + 1 == table->n_columns)
			putchar('\n');
	}
}

int lw_table_print(struct lw_table *table)
{
	size_t *widths = calloc(table->n_columns, sizeof(*widths));
	struct lwnpu_error error;
	int status = LWCTL_OK;

	if (widths && !table->short_memory) {
		for (size_t i = 0; i < table->n_columns; i++)
			widths[i] = column_width(table, i);
		print_cells(table, widths);
	} else {
		lw_fail(&error, -ENOMEM, "out of memory for a table");
		status = lwctl_fail(LWCTL_FAILED, &error);
	}
	for (size_t i = 0; i < table->n; i++)
		free(table->cells[i]);
	free(table->cells);
	free(widths);
	return status;
}
