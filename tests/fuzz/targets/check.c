// SPDX-License-Identifier: MIT
/* Two bytes of the weights' size, the weights, and operations to check. */
#include <stdlib.h>
#include <string.h>

#include "../target.h"
#include "engine.h"

/* The checker gets aligned memory of just these sizes. */
static void *copy(const uint8_t *data, size_t size)
{
	void *bytes = malloc(size ? size : 1);

	if (bytes)
		memcpy(bytes, data, size);
	return bytes;
}

static int check(const void *bytes, size_t size, struct lwnpu_error *error)
{
	const uint8_t *data = bytes;
	struct lw_program program = { 0 };
	char line[1024];
	uint32_t i;
	int ret = -ENOMEM;

	program.weights_size = size < 2 ? 0 : data[0] + 256 * (size_t)data[1];
	if (size < 2 || program.weights_size > size - 2)
		return lw_fail(error, -EINVAL, "no program");
	data += 2;
	size -= 2 + program.weights_size;
	program.n_ops = size / LWNPU_OP_SIZE;
	program.weights = copy(data, program.weights_size);
	program.ops = copy(data + program.weights_size,
			   program.n_ops * LWNPU_OP_SIZE);
	lw_fail(error, -ENOMEM, "no memory");
	if (program.weights && program.ops)
		ret = lw_program_check(&program, error);
	for (i = 0; i < program.n_ops && ret != -ENOMEM; i++)
		lwnpu_disasm_op(&program.ops[i], line, sizeof(line));
	lw_program_release(&program);
	return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(check, data, size);
	return 0;
}
