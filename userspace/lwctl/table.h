/* SPDX-License-Identifier: MIT */
/* Text in columns that are as wide as what is in them. */
#ifndef LW_TABLE_H
#define LW_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* For columns of layers' names. */
#define LW_NAME_WIDTH 40

/**
 * struct lw_column - a column
 * @title: its first cell
 * @max: characters; longer text loses its middle; 0: no limit
 * @right: numbers are, text begins at the left
 */
struct lw_column {
	const char *title;
	unsigned int max;
	bool right;
};

/**
 * struct lw_table - a table being filled
 * @columns: of it
 * @n_columns: how many
 * @cells: row by row, the titles first
 * @n: how many
 * @room: for cells
 * @short_memory: a cell is missing
 */
struct lw_table {
	const struct lw_column *columns;
	size_t n_columns;
	char **cells;
	size_t n, room;
	bool short_memory;
};

/**
 * lw_table_begin() - a table with titles and no rows
 * @table: filled in; end it with lw_table_print()
 * @columns: must outlive it
 * @n: how many, at least 1
 */
void lw_table_begin(struct lw_table *table, const struct lw_column *columns,
		    size_t n);

/** lw_table_add() - add a cell; after the last column a new row begins */
void lw_table_add(struct lw_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * lw_table_print() - print the table, complete or not at all, and release it
 *
 * Return: LWCTL_OK, or LWCTL_FAILED if memory was short, which is reported.
 */
int lw_table_print(struct lw_table *table);

/** lw_shorten() - cut the middle out of a line longer than @max characters */
void lw_shorten(char *text, size_t max);

#endif /* LW_TABLE_H */
