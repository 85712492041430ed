/* SPDX-License-Identifier: MIT */
/* Functions of lwnpu.h are marked; all others stay inside the library. */
#ifndef LW_EXPORT_H
#define LW_EXPORT_H

#define LW_EXPORT __attribute__((visibility("default")))

#endif /* LW_EXPORT_H */
