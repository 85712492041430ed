// SPDX-License-Identifier: MIT
#include "isa_doc.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "lwnpu_check.h"
#include "lwnpu_table.h"

static const char introduction[] =
"# Programs\n"
"\n"
"This page is made from `uapi/lwnpu_ops.def` by `tests/tools/isa_doc`; do not edit it.\n"
"\n"
"A program is an array of operations of %d bytes each (`struct lwnpu_op`,\n"
"`uapi/lwnpu_isa.h`) and the bytes of region 0, its weights. Operations run in\n"
"order; only GATE leaves out some that follow. All values are little-endian;\n"
"reserved and unused bytes are zero. A program has 1 to %u operations, at most\n"
"%u of them GATEs. It is checked once, when it is created\n"
"(`driver/lwnpu_check.h`); one that passes terminates, touches only the bytes\n"
"that the checker reports, and gives the same bytes on every engine. The\n"
"reference engine, `userspace/ref`, is the definition of every operation.\n"
"\n"
"## Regions\n"
"\n"
"There are no pointers: an address is a region and an offset.\n"
"\n"
"| region | what it is |\n"
"|---|---|\n"
"| %d | weights: part of the program, read-only; holds streams, and tensors that are constant |\n"
"| %d | arena: scratch memory; unspecified at the start of a job |\n"
"| %d to %d | inputs and outputs, bound by the job; a program only reads or only writes each of them |\n"
"\n"
"A region has at most 2^31 bytes. A job binds a buffer of at least the size that\n"
"the checker reports to each region that the program uses. Bytes of an output\n"
"that no operation writes keep their values.\n"
"\n"
"## Tensors\n"
"\n"
"A tensor has unsigned 8-bit elements, real = scale x (q - zero_point), laid out\n"
"`[c/4][h][w][4]`: a word is 4 channels of a pixel, a plane is an image of words.\n"
"Scales are not stored in the program, only in the multipliers of operations.\n"
"\n"
"- offset, row_pitch and plane_pitch are multiples of 4.\n"
"- h, w and c are at least 1.\n"
"- row_pitch is at least 4 x w, unless h is 1.\n"
"- plane_pitch is at least h x row_pitch (4 x w if h is 1), unless c is 4 or less.\n"
"- The lanes past c in the last plane are written as zero by every operation. They\n"
"  are read by CONV and TCONV like any other lane.\n"
"- An input may lie in region 0, inside its bytes. It may share bytes with streams.\n"
"- An output does not overlap an input of its operation, whole extents counted\n"
"  from the first byte to the last. Only ADD, MUL and LUT may write to the very\n"
"  place (region, offset, pitches, sizes) that they read.\n"
"\n"
"## Arithmetic\n"
"\n"
"Sums of products are exact modulo 2^32, taken as signed. A sum becomes a byte by\n"
"requantisation, in single precision, each step rounded to nearest even:\n"
"\n"
"    y = rint(clamp(float(acc) x s, lo - zero_point, hi - zero_point)) + zero_point\n"
"\n"
"with the output's zero_point. The multiplier s is a normal number greater than\n"
"zero, so a product is never subnormal. lo is not above hi.\n"
"\n"
"## Windows\n"
"\n"
"CONV, DWCONV and POOL read, for output place y along an axis, the input places\n"
"y x stride - pad + k x dilation for k from 0 to kernel - 1 (POOL: dilation 1).\n"
"Outside the input CONV and DWCONV read its zero_point, and POOL nothing.\n"
"\n"
"- pad is below the kernel's reach, (kernel - 1) x dilation + 1, so the first window\n"
"  reaches the input.\n"
"- (out - 1) x stride - pad is below the input's size, so the last window starts\n"
"  in the input; every window of POOL then holds at least one place.\n"
"- A stride may be larger than the kernel.\n"
"\n"
"TCONV goes the other way: input place y adds to the output places\n"
"y x stride - pad + k x dilation that exist. An output place may get nothing but\n"
"the bias. in.zero_point is taken from each byte that is read, and so the bias\n"
"holds no correction for it.\n"
"\n"
"## Broadcasting\n"
"\n"
"Each of h, w and c of an input of ADD and MUL is the output's, or 1: then its one\n"
"row, column or channel (lane 0 of its word) is used for all of the output's.\n"
"\n"
"## Fields\n"
"\n"
"Each operation's parameters follow its tensors, at offset %zu of the operation, from\n"
"which the tables below count.\n"
"\n"
"| kind | meaning |\n"
"|---|---|\n"
"| IMM | a number |\n"
"| RQ | a bound of the output's bytes; the first of two is not above the second |\n"
"| WEIGHTS | offset of a stream in region 0, a multiple of 4 |\n"
"| LENGTH | bytes of the stream named before it |\n"
"| SCALE | a normal single-precision number greater than zero |\n"
"| ENUM | a value of `uapi/lwnpu_isa.h` |\n"
"\n"
"A stream lies inside region 0; streams may overlap and be shared.\n";

static void doc_op(FILE *file, const char *title, int number,
		   uint32_t tensors, const char *doc)
{
	static const char *const slots[] = { "in[0]", "in[1]", "out" };
	const char *comma = "";
	size_t i;

	fprintf(file, "\n## %s (%d)\n\n%c%s.\n\nTensors: ", title, number,
		toupper(*doc), doc + 1);
	for (i = 0; i < LW_COUNT(slots); i++) {
		if (!(tensors & (1U << i)))
			continue;
		fprintf(file, "%s`%s`", comma, slots[i]);
		comma = ", ";
	}
	fprintf(file,
		".\n\n| offset | field | type | kind | values | meaning |\n|---|---|---|---|---|---|\n");
}

static void doc_field(FILE *file, uint32_t opcode, const char *name,
		      const char *type, const char *role, const char *doc)
{
	const struct lw_op_desc *desc = lw_op_describe(opcode);
	const struct lw_field *field = desc->fields;

	/* The table has every field, so this ends. */
	while (strcmp(field->name, name))
		field++;
	fprintf(file, "| %u | `%s` | %s | %s | ", field->offset, name, type,
		role);
	if (field->type == LW_TYPE_f32)
		fprintf(file, "bits");
	else if (field->min == field->max)
		fprintf(file, "%lld", (long long)field->min);
	else
		fprintf(file, "%lld to %lld", (long long)field->min,
			(long long)field->max);
	fprintf(file, " | %s |\n", doc);
}

void lw_isa_doc(FILE *file)
{
	uint32_t opcode;

	fprintf(file, introduction, LWNPU_OP_SIZE, LWNPU_MAX_OPS,
		LWNPU_MAX_GATES, LWNPU_REGION_WEIGHTS, LWNPU_REGION_ARENA,
		LWNPU_REGION_IO, LWNPU_REGION_MAX - 1, offsetof(struct lwnpu_op, raw));
#define LWNPU_OP(name, NAME, number, tensors, doc) \
	opcode = number; \
	doc_op(file, #NAME, number, tensors, doc);
#define LWNPU_FIELD(name, type, field, role, min, max, doc) \
	doc_field(file, opcode, #field, #type, #role, doc);
#define LWNPU_END(name, NAME)
#include "lwnpu_ops.def"
#undef LWNPU_OP
#undef LWNPU_FIELD
#undef LWNPU_END
}
