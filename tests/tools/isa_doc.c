// SPDX-License-Identifier: MIT
/* Print docs/isa.md. */
#include <stdlib.h>

#include "../common/isa_doc.h"

int main(void)
{
	lw_isa_doc(stdout);
	return ferror(stdout) || fclose(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
