// SPDX-License-Identifier: MIT
#include "../target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_coding(LWM_DEFLATE, data, size);
	return 0;
}
