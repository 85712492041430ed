// SPDX-License-Identifier: MIT
#include "run_ref.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

uint64_t lw_run_ref(struct lw_program *program, const void *in, size_t in_size,
		    void *out, size_t out_size)
{
	struct lw_binding bindings[] = {
		[LWNPU_REGION_IO] = { (void *)in, in_size },
		[LWNPU_REGION_IO + 1] = { out, out_size },
	};
	struct lwnpu_error error = { 0 };
	struct lw_run_result result;
	void *loaded;

	if (lw_program_check(program, &error))
		fail_msg("%s", error.message);
	assert_int_equal(lw_ref_engine.load(NULL, program, &loaded, &error),
			 0);
	assert_int_equal(lw_ref_engine.run(NULL, loaded, bindings, &result,
					   &error), 0);
	lw_ref_engine.unload(NULL, loaded);
	assert_true(result.has_gates);
	return result.gates;
}
