/* SPDX-License-Identifier: MIT */
/*
 * What sparse 0.6.4 does not know of the headers of Linux 7: an operator, and
 * that the length of a literal is a constant.
 */
#define __typeof_unqual__ __typeof__
#define __builtin_strlen(text) (sizeof(text) - 1)
