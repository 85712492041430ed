#!/bin/sh
# SPDX-License-Identifier: MIT
# embed.sh PREFIX FILE…: C source that defines each file as a string, whose name
# is PREFIX and the file's without its extension.
set -eu
prefix=$1
shift

for file; do
	name=$(basename "$file")
	name=$prefix${name%.*}
	printf 'extern const char %s[];\nconst char %s[] =\n' "$name" "$name"
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^.*$/"&\\n"/' "$file"
	printf ';\n\n'
done
