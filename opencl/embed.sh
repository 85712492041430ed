#!/bin/sh
# SPDX-License-Identifier: MIT
# embed.sh FILE…: C source that defines each FILE.cl as the string
# lw_kernel_FILE (see opencl/kernels.h).
set -eu

for file; do
	name=lw_kernel_$(basename "$file" .cl)
	printf 'extern const char %s[];\nconst char %s[] =\n' "$name" "$name"
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^.*$/"&\\n"/' "$file"
	printf ';\n\n'
done
