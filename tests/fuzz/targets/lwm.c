// SPDX-License-Identifier: MIT
#include "../../common/stranger.h"
#include "../target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_reader(lw_stranger_lwm, data, size);
	return 0;
}
