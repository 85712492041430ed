/* SPDX-License-Identifier: MIT */
/* docs/isa.md, made from the table of operations. */
#ifndef LW_ISA_DOC_H
#define LW_ISA_DOC_H

#include <stdio.h>

/** lw_isa_doc() - write the text of docs/isa.md */
void lw_isa_doc(FILE *file);

#endif /* LW_ISA_DOC_H */
