// SPDX-License-Identifier: MIT
#include "export.h"
#include "lwnpu.h"

LW_EXPORT const char *lwnpu_version(void)
{
	return LWNPU_VERSION;
}
