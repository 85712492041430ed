// SPDX-License-Identifier: MIT
/*
 * Einsum: sums of products over dimensions with names. Of two factors it is a
 * product of matrices: names of both that stay are batches, names of both that
 * go are summed up, others are rows and columns. What only one factor has and
 * the result has not is summed up first.
 */
#include <string.h>

#include "onnx_make.h"

/* Names of the dimensions of a factor, or of the result. */
struct term {
	uint32_t n;
	char name[ONNX_MAX_DIMS];
};

struct equation {
	uint32_t n;
	struct term in[2], out;
};

static bool has(const struct term *term, char name)
{
	return memchr(term->name, name, term->n);
}

static void append(struct term *term, char name)
{
	term->name[term->n++] = name;
}

/* Reads names up to a comma, an arrow or the end; false: others are there. */
static bool read_term(const char **at, const char *end, struct term *term)
{
	char c;

	for (term->n = 0; *at < end && **at != ',' && **at != '-'; (*at)++) {
		c = **at;
		if (c == ' ')
			continue;
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) ||
		    term->n == ONNX_MAX_DIMS || has(term, c))
			return false;
		append(term, c);
	}
	return true;
}

/* Without an arrow: names that are there once, in their order. */
static bool imply_result(struct equation *e)
{
	int c;

	for (c = 'A'; c <= 'z'; c++) {
		if (has(&e->in[0], c) == (e->n == 2 && has(&e->in[1], c)))
			continue;
		if (e->out.n == ONNX_MAX_DIMS)
			return false;
		append(&e->out, c);
	}
	return true;
}

static bool read_equation(const char *text, size_t n, struct equation *e)
{
	const char *end = text + n;
	uint32_t i;

	for (;; text++) {
		if (e->n == 2 || !read_term(&text, end, &e->in[e->n++]))
			return false;
		if (text == end || *text != ',')
			break;
	}
	if (text == end)
		return imply_result(e);
	if (end - text < 2 || text[0] != '-' || text[1] != '>')
		return false;
	text += 2;
	if (!read_term(&text, end, &e->out) || text != end)
		return false;
	for (i = 0; i < e->out.n; i++)
		if (!has(&e->in[0], e->out.name[i]) &&
		    !(e->n == 2 && has(&e->in[1], e->out.name[i])))
			return false;
	return true;
}

/* Sums up what neither the result nor another factor has; it gets size 1. */
static const struct onnx_value *sum_rest(struct onnx_node *node,
					 const struct equation *e, uint32_t i,
					 const struct onnx_value *in)
{
	bool over[ONNX_MAX_DIMS] = { false }, any = false;
	const struct term *term = &e->in[i];
	uint32_t k;

	for (k = 0; k < term->n; k++) {
		over[k] = !has(&e->out, term->name[k]) &&
			  !(e->n == 2 && has(&e->in[!i], term->name[k]));
		any = any || over[k];
	}
	return any ? lw_onnx_sum(node, in, over) : in;
}

/* The factor with these names first and all others, of size 1, gone. */
static struct onnx_value *arrange(struct onnx_node *node,
				  const struct onnx_value *in,
				  const struct term *is,
				  const struct term *want)
{
	uint32_t perm[ONNX_MAX_DIMS], i, n = want->n;
	struct onnx_shape shape;
	struct onnx_value *out;

	for (i = 0; i < want->n; i++)
		perm[i] = (const char *)memchr(is->name, want->name[i],
					       is->n) - is->name;
	for (i = 0; i < is->n; i++)
		if (!has(want, is->name[i]))
			perm[n++] = i;
	out = lw_onnx_permute(node, in, perm);
	if (!out)
		return NULL;
	shape = out->shape;
	shape.n = want->n;
	return lw_onnx_regroup(node, out, &shape);
}

/* Merges dimensions: batches, and the two parts that follow them. */
static struct onnx_value *merge(struct onnx_node *node,
				const struct onnx_value *in, uint32_t batches,
				uint32_t rows)
{
	struct onnx_shape shape = { .n = 3, .dim = { 1, 1, 1 } };
	uint32_t i, part;

	if (!in)
		return NULL;
	for (i = 0; i < in->shape.n; i++) {
		part = i < batches ? 0 : i < batches + rows ? 1 : 2;
		shape.dim[part] *= in->shape.dim[i];
	}
	return lw_onnx_regroup(node, in, &shape);
}

/* The dimension of a name in one of the factors. */
static uint32_t size_of(const struct equation *e,
			const struct onnx_value *const *in, char name)
{
	uint32_t i = !has(&e->in[0], name);

	return in[i]->shape.dim[(const char *)memchr(e->in[i].name, name,
						     e->in[i].n) -
				e->in[i].name];
}

static int check_sizes(struct onnx_node *node, const struct equation *e,
		       const struct onnx_value *const *in)
{
	uint32_t i, k;

	for (i = 0; i < e->n; i++) {
		if (in[i]->shape.n != e->in[i].n)
			return lw_onnx_refuse(node, "input %u has %u dimensions, the equation %u",
					      i, in[i]->shape.n, e->in[i].n);
		for (k = 0; k < e->in[i].n; k++)
			if (in[i]->shape.dim[k] !=
			    size_of(e, in, e->in[i].name[k]))
				return lw_onnx_refuse(node, "dimension '%c' has two sizes",
						      e->in[i].name[k]);
	}
	return 0;
}

static struct onnx_value *multiply(struct onnx_node *node,
				   const struct equation *e,
				   const struct onnx_value *const *in)
{
	struct term batches = { 0 }, sums = { 0 }, kept[2] = { 0 };
	const struct onnx_value *factor[2];
	struct term want[2], is;
	struct onnx_shape shape;
	struct onnx_value *out;
	uint32_t i, k;
	char name;

	for (i = 0; i < 2; i++)
		for (k = 0; k < e->in[i].n; k++) {
			name = e->in[i].name[k];
			if (!has(&e->in[!i], name)) {
				if (has(&e->out, name))
					append(&kept[i], name);
			} else if (!i) {
				append(has(&e->out, name) ? &batches : &sums,
				       name);
			}
		}
	is = batches;
	for (i = 0; i < 2; i++) {
		const struct term *second = i ? &sums : &kept[0];
		const struct term *third = i ? &kept[1] : &sums;

		want[i] = batches;
		for (k = 0; k < second->n; k++)
			append(&want[i], second->name[k]);
		for (k = 0; k < third->n; k++)
			append(&want[i], third->name[k]);
		factor[i] = sum_rest(node, e, i, in[i]);
		factor[i] = merge(node,
				  arrange(node, factor[i], &e->in[i], &want[i]),
				  batches.n, second->n);
		for (k = 0; k < kept[i].n; k++)
			append(&is, kept[i].name[k]);
	}
	out = lw_onnx_product(node, factor[0], factor[1]);
	if (!out)
		return NULL;
	shape = (struct onnx_shape){ .n = is.n };
	for (i = 0; i < is.n; i++)
		shape.dim[i] = size_of(e, in, is.name[i]);
	return arrange(node, lw_onnx_regroup(node, out, &shape), &is, &e->out);
}

int lw_onnx_run_einsum(struct onnx_node *node)
{
	const Lw__Onnx__AttributeProto *text = lw_onnx_text(node, "equation");
	const struct onnx_value *in[2] = { NULL };
	struct equation e = { 0 };
	struct onnx_value *out;
	uint32_t i;

	if (!text || !read_equation((const char *)text->s.data, text->s.len,
				    &e))
		return lw_onnx_refuse(node, "its equation is not of one or two factors with a letter for each dimension");
	if (e.n != node->n_in)
		return lw_onnx_refuse(node, "%u inputs, %u in its equation",
				      node->n_in, e.n);
	for (i = 0; i < e.n; i++)
		in[i] = lw_onnx_held(node, i);
	if (node->status || check_sizes(node, &e, in))
		return node->status;
	if (e.n == 2)
		out = multiply(node, &e, in);
	else
		out = arrange(node, sum_rest(node, &e, 0, in[0]), &e.in[0],
			      &e.out);
	return lw_onnx_result(node, 0, out);
}
