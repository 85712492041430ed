// SPDX-License-Identifier: MIT
/* The ONNX importer, on models packed here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "import.h"
#include "onnx.pb-c.h"

#define MAX 16

/* A model in the making: fixed room for everything, nothing to free. */
struct build {
	Lw__Onnx__ModelProto model;
	Lw__Onnx__GraphProto graph;
	Lw__Onnx__OperatorSetIdProto opset, *opsets[1];
	Lw__Onnx__NodeProto node[MAX], *nodes[MAX];
	Lw__Onnx__AttributeProto attr[MAX], *attrs[MAX];
	Lw__Onnx__TensorProto tensor[MAX], *tensors[MAX];
	Lw__Onnx__ValueInfoProto io[2], *ins[1], *outs[1];
	Lw__Onnx__TypeProto type[2];
	Lw__Onnx__TensorTypeProto tensor_type[2];
	Lw__Onnx__TensorShapeProto shape;
	Lw__Onnx__DimensionProto dim[4], *dims[4];
	char *names[MAX][4];
	int64_t sizes[MAX][4];
	int64_t ints[MAX][4];
	size_t n_attr;
};

static char *word(const char *text)
{
	return (char *)(uintptr_t)text;
}

static void set_dim(struct build *b, size_t i, int64_t size)
{
	lw__onnx__dimension_proto__init(&b->dim[i]);
	b->dim[i].has_dim_value = true;
	b->dim[i].dim_value = size;
	b->dims[i] = &b->dim[i];
}

/* Input "x", [1, c, h, w] of floats, output "y", operator set 17. */
static struct build *build_new(int64_t c, int64_t h, int64_t w)
{
	struct build *b = calloc(1, sizeof(*b));
	int i;

	assert_non_null(b);
	lw__onnx__model_proto__init(&b->model);
	lw__onnx__graph_proto__init(&b->graph);
	lw__onnx__operator_set_id_proto__init(&b->opset);
	lw__onnx__tensor_shape_proto__init(&b->shape);
	for (i = 0; i < 2; i++) {
		lw__onnx__value_info_proto__init(&b->io[i]);
		lw__onnx__type_proto__init(&b->type[i]);
		lw__onnx__tensor_type_proto__init(&b->tensor_type[i]);
		b->tensor_type[i].has_elem_type = true;
		b->tensor_type[i].elem_type = 1;
		b->type[i].tensor_type = &b->tensor_type[i];
		b->io[i].type = &b->type[i];
	}
	set_dim(b, 0, 1);
	set_dim(b, 1, c);
	set_dim(b, 2, h);
	set_dim(b, 3, w);
	b->shape.n_dim = 4;
	b->shape.dim = b->dims;
	b->tensor_type[0].shape = &b->shape;
	b->io[0].name = word("x");
	b->io[1].name = word("y");
	b->ins[0] = &b->io[0];
	b->outs[0] = &b->io[1];
	b->graph.n_input = b->graph.n_output = 1;
	b->graph.input = b->ins;
	b->graph.output = b->outs;
	b->graph.node = b->nodes;
	b->graph.initializer = b->tensors;
	b->opset.has_version = true;
	b->opset.version = 17;
	b->opsets[0] = &b->opset;
	b->model.graph = &b->graph;
	b->model.n_opset_import = 1;
	b->model.opset_import = b->opsets;
	return b;
}

/* Up to three inputs; NULL ends them. The node is named as its output. */
static Lw__Onnx__NodeProto *build_node(struct build *b, const char *op,
				       const char *out, const char *in0,
				       const char *in1, const char *in2)
{
	size_t i = b->graph.n_node++;
	Lw__Onnx__NodeProto *node = &b->node[i];

	lw__onnx__node_proto__init(node);
	b->nodes[i] = node;
	b->names[i][0] = word(in0);
	b->names[i][1] = word(in1);
	b->names[i][2] = word(in2);
	b->names[i][3] = word(out);
	node->op_type = word(op);
	node->name = word(out);
	node->n_input = !!in0 + !!in1 + !!in2;
	node->input = b->names[i];
	node->n_output = 1;
	node->output = &b->names[i][3];
	return node;
}

static Lw__Onnx__AttributeProto *build_attr(struct build *b,
					    Lw__Onnx__NodeProto *node,
					    const char *name, int32_t type)
{
	Lw__Onnx__AttributeProto *attr = &b->attr[b->n_attr];

	lw__onnx__attribute_proto__init(attr);
	b->attrs[b->n_attr] = attr;
	if (!node->n_attribute)
		node->attribute = &b->attrs[b->n_attr];
	node->n_attribute++;
	b->n_attr++;
	attr->name = word(name);
	attr->has_type = true;
	attr->type = type;
	return attr;
}

/* An attribute of integers; those of one node must follow each other. */
static void build_ints(struct build *b, Lw__Onnx__NodeProto *node,
		       const char *name, size_t n, int64_t v0, int64_t v1)
{
	Lw__Onnx__AttributeProto *attr = build_attr(b, node, name, 7);
	int64_t *ints = b->ints[b->n_attr - 1];

	ints[0] = ints[2] = v0;
	ints[1] = ints[3] = v1;
	attr->n_ints = n;
	attr->ints = ints;
}

static Lw__Onnx__TensorProto *build_tensor(struct build *b, const char *name,
					   int32_t type, size_t n_dims,
					   int64_t d0, int64_t d1, int64_t d2)
{
	size_t i = b->graph.n_initializer++;
	Lw__Onnx__TensorProto *tensor = &b->tensor[i];

	lw__onnx__tensor_proto__init(tensor);
	b->tensors[i] = tensor;
	b->sizes[i][0] = d0;
	b->sizes[i][1] = d1;
	b->sizes[i][2] = b->sizes[i][3] = d2;
	tensor->name = word(name);
	tensor->has_data_type = true;
	tensor->data_type = type;
	tensor->n_dims = n_dims;
	tensor->dims = b->sizes[i];
	return tensor;
}

static void build_floats(struct build *b, const char *name, float *data,
			 size_t n_dims, int64_t d0, int64_t d1, int64_t d2)
{
	Lw__Onnx__TensorProto *tensor = build_tensor(b, name, 1, n_dims, d0,
						     d1, d2);
	size_t i;

	tensor->float_data = data;
	tensor->n_float_data = 1;
	for (i = 0; i < n_dims; i++)
		tensor->n_float_data *= tensor->dims[i];
}

/* One dimension or none of numbers that int32_data holds. */
static void build_wholes(struct build *b, const char *name, int32_t type,
			 int32_t *data, size_t n)
{
	Lw__Onnx__TensorProto *tensor = build_tensor(b, name, type, n > 1, n,
						     0, 0);

	tensor->int32_data = data;
	tensor->n_int32_data = n;
}

struct result {
	int ret;
	struct lw_graph *graph;
	struct lw_refusals refusals;
	struct lwnpu_error error;
};

static void import_bytes(struct result *r, const void *data, size_t size)
{
	memset(r, 0, sizeof(*r));
	r->ret = lw_import_onnx(&r->graph, data, size, NULL, &r->refusals,
				&r->error);
	assert_int_equal(!r->ret, !!r->graph);
	assert_int_equal(r->ret, r->error.code);
	if (r->ret)
		assert_true(r->error.message[0]);
}

static uint8_t *pack(const struct build *b, size_t *size)
{
	uint8_t *data;

	*size = lw__onnx__model_proto__get_packed_size(&b->model);
	data = malloc(*size);
	assert_non_null(data);
	lw__onnx__model_proto__pack(&b->model, data);
	return data;
}

static void import_build(struct result *r, const struct build *b)
{
	size_t size;
	uint8_t *data = pack(b, &size);

	import_bytes(r, data, size);
	free(data);
}

static void release(struct result *r, struct build *b)
{
	lw_graph_free(r->graph);
	lw_refusals_free(&r->refusals);
	free(b);
}

static float counting[64];

/* Conv of 2 x 3 kernels, 2 inputs, 3 outputs, with Relu. */
static struct build *conv_model(void)
{
	struct build *b = build_new(2, 4, 5);
	Lw__Onnx__NodeProto *conv = build_node(b, "Conv", "c", "x", "w", "b");

	b->graph.initializer = b->tensors;
	build_floats(b, "w", counting, 4, 3, 2, 0);
	b->sizes[0][2] = 2;
	b->sizes[0][3] = 3;
	b->tensor[0].n_float_data = 36;
	build_floats(b, "b", counting + 1, 1, 3, 0, 0);
	build_ints(b, conv, "strides", 2, 2, 1);
	build_ints(b, conv, "pads", 4, 1, 0);
	build_node(b, "Relu", "y", "c", NULL, NULL);
	return b;
}

static void test_conv(void **state)
{
	struct build *b = conv_model();
	const struct lw_node *conv;
	struct result r;
	uint32_t o, i, y, x;

	(void)state;
	import_build(&r, b);
	assert_int_equal(r.ret, 0);
	assert_int_equal(r.graph->n_nodes, 2);
	conv = r.graph->nodes[0];
	assert_int_equal(conv->kind, LW_NODE_CONV);
	assert_string_equal(conv->name, "c");
	assert_int_equal(conv->out->h, 3);
	assert_int_equal(conv->out->w, 3);
	assert_int_equal(conv->out->c, 3);
	assert_int_equal(conv->window.stride_h, 2);
	assert_int_equal(conv->window.stride_w, 1);
	assert_int_equal(conv->window.pad_top, 1);
	assert_int_equal(conv->window.pad_bottom, 1);
	assert_int_equal(conv->window.pad_left, 0);
	for (o = 0; o < 3; o++)
		for (i = 0; i < 2; i++)
			for (y = 0; y < 2; y++)
				for (x = 0; x < 3; x++)
					assert_true(conv->weights->real[((o * 2 + y) * 3 + x) * 2 + i] ==
						    counting[((o * 2 + i) * 2 + y) * 3 + x]);
	assert_true(conv->weights->bias[2] == counting[3]);
	assert_int_equal(r.graph->nodes[1]->kind, LW_NODE_UNARY);
	assert_true(r.graph->nodes[1]->act_lo == 0);
	release(&r, b);
}

static void test_ports(void **state)
{
	struct build *b = conv_model();
	struct result r;

	(void)state;
	import_build(&r, b);
	assert_int_equal(r.ret, 0);
	assert_int_equal(r.graph->n_inputs, 1);
	assert_true(r.graph->inputs[0].nchw);
	assert_int_equal(r.graph->inputs[0].n_dims, 4);
	assert_int_equal(r.graph->inputs[0].dims[1], 2);
	assert_int_equal(r.graph->inputs[0].dims[3], 5);
	assert_string_equal(r.graph->inputs[0].value->name, "x");
	assert_true(r.graph->outputs[0].nchw);
	assert_string_equal(r.graph->outputs[0].value->name, "y");
	release(&r, b);
}

static void test_flatten_then_gemm(void **state)
{
	struct build *b = build_new(2, 2, 3);
	Lw__Onnx__AttributeProto *attr;
	Lw__Onnx__NodeProto *gemm;
	struct result r;

	(void)state;
	build_node(b, "Flatten", "f", "x", NULL, NULL);
	gemm = build_node(b, "Gemm", "y", "f", "w", NULL);
	attr = build_attr(b, gemm, "alpha", 1);
	attr->has_f = true;
	attr->f = 2;
	build_floats(b, "w", counting, 2, 12, 3, 0);
	import_build(&r, b);
	assert_int_equal(r.ret, 0);
	assert_int_equal(r.graph->nodes[0]->kind, LW_NODE_FLATTEN);
	assert_true(r.graph->nodes[0]->nchw);
	assert_int_equal(r.graph->nodes[1]->kind, LW_NODE_CONV);
	/* Row 5, column 1 of the matrix: output 1, input 5; twice. */
	assert_true(r.graph->nodes[1]->weights->real[12 + 5] ==
		    2 * counting[5 * 3 + 1]);
	assert_false(r.graph->outputs[0].nchw);
	assert_int_equal(r.graph->outputs[0].n_dims, 2);
	release(&r, b);
}

static void test_refusals_are_all_listed(void **state)
{
	struct build *b = conv_model();
	struct result r;

	(void)state;
	b->ints[0][0] = 0;
	b->node[1].op_type = word("Det");
	b->node[1].name = NULL;
	import_build(&r, b);
	assert_int_equal(r.ret, -EOPNOTSUPP);
	assert_int_equal(r.refusals.n, 2);
	assert_string_equal(r.refusals.item[0].node, "c");
	assert_string_equal(r.refusals.item[0].op, "Conv");
	assert_string_equal(r.refusals.item[0].reason,
			    "strides is 0, expected 1 to 65535");
	assert_string_equal(r.refusals.item[1].node, "Det#1");
	assert_non_null(strstr(r.error.message, "strides is 0"));
	release(&r, b);
}

/* x -> Q -> DQ -> Conv -> Relu -> Q -> DQ -> y, int8. */
static struct build *quantised_model(void)
{
	static float scales[] = { 0.5f, 0.25f, 0.125f };
	static int32_t zeros[] = { -3, -128 };
	static int32_t weights[] = { 1, -2, 3, -4, 5, 127 };
	static int32_t bias[] = { 1000, -7, 9 };
	static float bias_scales[] = { 0.25f, 0.125f, 0.0625f };
	struct build *b = build_new(2, 2, 2);
	Lw__Onnx__NodeProto *node;
	Lw__Onnx__AttributeProto *attr;

	build_node(b, "QuantizeLinear", "xq", "x", "s", "z");
	build_node(b, "DequantizeLinear", "xd", "xq", "s", "z");
	node = build_node(b, "DequantizeLinear", "wd", "w", "ws", NULL);
	attr = build_attr(b, node, "axis", 2);
	attr->has_i = true;
	node = build_node(b, "DequantizeLinear", "bd", "b", "bs", NULL);
	attr = build_attr(b, node, "axis", 2);
	attr->has_i = true;
	build_node(b, "Conv", "c", "xd", "wd", "bd");
	build_node(b, "Relu", "r", "c", NULL, NULL);
	build_node(b, "QuantizeLinear", "yq", "r", "s2", "z2");
	build_node(b, "DequantizeLinear", "y", "yq", "s2", "z2");
	build_floats(b, "s", scales, 0, 0, 0, 0);
	build_wholes(b, "z", 3, zeros, 1);
	build_floats(b, "s2", scales + 1, 0, 0, 0, 0);
	build_wholes(b, "z2", 3, zeros + 1, 1);
	build_floats(b, "ws", scales, 1, 3, 0, 0);
	build_wholes(b, "w", 3, weights, 6);
	b->tensor[5].n_dims = 4;
	b->sizes[5][0] = 3;
	b->sizes[5][1] = 2;
	b->sizes[5][2] = b->sizes[5][3] = 1;
	build_floats(b, "bs", bias_scales, 1, 3, 0, 0);
	build_wholes(b, "b", 6, bias, 3);
	return b;
}

static void test_quantised(void **state)
{
	struct build *b = quantised_model();
	const struct lw_node *conv;
	struct result r;

	(void)state;
	import_build(&r, b);
	assert_int_equal(r.ret, 0);
	assert_true(r.graph->quantised);
	assert_int_equal(r.graph->n_nodes, 1);
	assert_int_equal(r.graph->n_values, 2);
	conv = r.graph->nodes[0];
	assert_true(conv->act_lo == 0);
	assert_true(conv->in[0] == r.graph->inputs[0].value);
	assert_true(conv->in[0]->is_signed);
	assert_true(conv->in[0]->scale == 0.5f);
	assert_int_equal(conv->in[0]->zero_point, 125);
	assert_true(conv->out->scale == 0.25f);
	assert_int_equal(conv->out->zero_point, 0);
	assert_int_equal(conv->weights->q[5], 127);
	assert_true(conv->weights->real[5] == 127 * 0.125f);
	assert_true(conv->weights->scale[1] == 0.25f);
	assert_int_equal(conv->weights->bias_q[0], 1000);
	assert_true(conv->weights->bias[1] == -7 * 0.125f);
	assert_string_equal(conv->out->name, "y");
	release(&r, b);
}

static void test_bias_of_another_unit_is_requantised(void **state)
{
	struct build *b = quantised_model();
	float scale[] = { 0.5f, 0.125f, 0.0625f };
	struct result r;

	(void)state;
	b->tensor[6].float_data = scale;
	import_build(&r, b);
	assert_int_equal(r.ret, 0);
	/* 1000 x 0.5 in units of 0.5 x 0.5. */
	assert_int_equal(r.graph->nodes[0]->weights->bias_q[0], 2000);
	assert_int_equal(r.graph->nodes[0]->weights->bias_q[2], 9);
	release(&r, b);
}

static void test_missing_quantisation_is_left_to_the_packer(void **state)
{
	struct build *b = quantised_model();
	struct result r;

	(void)state;
	/* The output is the Relu's, without Q and DQ. */
	b->graph.n_node -= 2;
	b->io[1].name = word("r");
	import_build(&r, b);
	assert_int_equal(r.ret, 0);
	assert_false(r.graph->quantised);
	assert_true(r.graph->inputs[0].value->quantised);
	assert_non_null(r.graph->nodes[0]->weights->q);
	assert_false(r.graph->outputs[0].value->quantised);
	release(&r, b);
}

static void test_second_scale_becomes_a_requant(void **state)
{
	struct build *b = quantised_model();
	struct result r;

	(void)state;
	build_node(b, "QuantizeLinear", "y2q", "y", "s", "z");
	build_node(b, "DequantizeLinear", "y2", "y2q", "s", "z");
	b->io[1].name = word("y2");
	import_build(&r, b);
	assert_int_equal(r.ret, 0);
	assert_int_equal(r.graph->n_nodes, 2);
	assert_int_equal(r.graph->nodes[1]->kind, LW_NODE_REQUANT);
	assert_true(r.graph->nodes[1]->out->scale == 0.5f);
	assert_int_equal(r.graph->nodes[1]->out->zero_point, 125);
	release(&r, b);
}

static void truncate_everywhere(struct build *b)
{
	struct result r;
	size_t size, n;
	uint8_t *data = pack(b, &size), *part;

	for (n = 0; n < size; n++) {
		/* Of its own size, so that reading past the end shows. */
		part = malloc(n ? n : 1);
		assert_non_null(part);
		memcpy(part, data, n);
		import_bytes(&r, part, n);
		assert_int_not_equal(r.ret, 0);
		lw_refusals_free(&r.refusals);
		free(part);
	}
	free(data);
	free(b);
}

static void test_truncation(void **state)
{
	(void)state;
	truncate_everywhere(conv_model());
	truncate_everywhere(quantised_model());
}

/* Every byte with every bit flipped: any result, but a sound one. */
static void test_flipped_bits(void **state)
{
	struct build *b = quantised_model();
	struct result r;
	size_t size, i;
	uint8_t *data = pack(b, &size);

	(void)state;
	for (i = 0; i < size * 8; i++) {
		data[i / 8] ^= 1u << i % 8;
		import_bytes(&r, data, size);
		if (!r.ret)
			assert_int_equal(lw_graph_check(r.graph, NULL), 0);
		lw_graph_free(r.graph);
		lw_refusals_free(&r.refusals);
		data[i / 8] ^= 1u << i % 8;
	}
	free(data);
	free(b);
}

static void test_wrong_length_is_damage(void **state)
{
	struct build *b = conv_model();
	struct result r;

	(void)state;
	b->tensor[0].n_float_data--;
	import_build(&r, b);
	assert_int_equal(r.ret, -EBADMSG);
	assert_string_equal(r.error.message,
			    "tensor 'w': 35 numbers of type float, expected 36");
	release(&r, b);
}

static void test_duplicate_name_is_damage(void **state)
{
	struct build *b = conv_model();
	struct result r;

	(void)state;
	b->names[0][3] = word("y");
	import_build(&r, b);
	assert_int_equal(r.ret, -EBADMSG);
	assert_string_equal(r.error.message,
			    "tensor 'y' is defined more than once");
	release(&r, b);
}

static void test_cycle_is_damage(void **state)
{
	struct build *b = conv_model();
	struct result r;

	(void)state;
	b->names[0][0] = word("y");
	import_build(&r, b);
	assert_int_equal(r.ret, -EBADMSG);
	assert_non_null(strstr(r.error.message, "comes from a later node"));
	release(&r, b);
}

/* A few bytes that ask for 2^28 numbers, over and over. */
static void test_large_constants_are_refused(void **state)
{
	struct build *b = build_new(1, 1, 1);
	static int32_t size[] = { 1 << 20 };
	static const char *const names[] = { "a", "b", "c", "d", "e", "f",
					     "g", "h", "i", "j", "k", "l" };
	struct result r;
	size_t i;

	(void)state;
	build_wholes(b, "n", 6, size, 1);
	b->tensor[0].n_dims = 1;
	b->sizes[0][0] = 1;
	for (i = 0; i < 12; i++)
		build_node(b, "ConstantOfShape", names[i], "n", NULL, NULL);
	build_node(b, "Relu", "y", "x", NULL, NULL);
	import_build(&r, b);
	assert_int_equal(r.ret, -EOPNOTSUPP);
	assert_string_equal(r.refusals.item[0].reason,
			    "its constant result of 1048576 numbers takes more memory than the model's size explains");
	release(&r, b);
}

/* Two bytes a node: what they unpack to is bounded by the file's size. */
static void test_many_empty_messages_are_refused(void **state)
{
	size_t n = 3 << 20, i = 0;
	uint8_t *data = calloc(1, n + 16);
	struct result r;

	(void)state;
	assert_non_null(data);
	data[i++] = 7 << 3 | 2;
	data[i++] = 0x80 | (n & 0x7f);
	data[i++] = 0x80 | (n >> 7 & 0x7f);
	data[i++] = 0x80 | (n >> 14 & 0x7f);
	data[i++] = n >> 21;
	for (; i < n + 5; i += 2)
		data[i] = 1 << 3 | 2;
	import_bytes(&r, data, n + 5);
	assert_int_equal(r.ret, -EBADMSG);
	lw_refusals_free(&r.refusals);
	free(data);
}

static void test_error_may_be_null(void **state)
{
	struct lw_refusals refusals = { 0 };
	struct lw_graph *graph = NULL;

	(void)state;
	assert_int_equal(lw_import_onnx(&graph, "\x0a", 1, NULL, &refusals,
					NULL), -EBADMSG);
	assert_null(graph);
	lw_refusals_free(&refusals);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conv),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_flatten_then_gemm),
		cmocka_unit_test(test_refusals_are_all_listed),
		cmocka_unit_test(test_quantised),
		cmocka_unit_test(test_bias_of_another_unit_is_requantised),
		cmocka_unit_test(test_missing_quantisation_is_left_to_the_packer),
		cmocka_unit_test(test_second_scale_becomes_a_requant),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_flipped_bits),
		cmocka_unit_test(test_wrong_length_is_damage),
		cmocka_unit_test(test_duplicate_name_is_damage),
		cmocka_unit_test(test_cycle_is_damage),
		cmocka_unit_test(test_large_constants_are_refused),
		cmocka_unit_test(test_many_empty_messages_are_refused),
		cmocka_unit_test(test_error_may_be_null),
	};
	size_t i;

	for (i = 0; i < sizeof(counting) / sizeof(*counting); i++)
		counting[i] = (float)i - 20;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
