/* SPDX-License-Identifier: MIT */
/* The report of a test program, as TAP. */
#ifndef LW_TAP_H
#define LW_TAP_H

#include <stdbool.h>

/** lw_tap_test() - print a test */
void lw_tap_test(bool good, const char *what);

/** lw_tap_end() - print how many there were; the program's status */
int lw_tap_end(void);

#endif /* LW_TAP_H */
