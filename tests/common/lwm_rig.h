/* SPDX-License-Identifier: MIT */
/* Packages in cmocka's tests: a test fails if these do not do what they say. */
#ifndef LWM_RIG_H
#define LWM_RIG_H

#include "lwm_samples.h"

void lwm_rig_write(struct lwm_package *package,
		   const struct lwm_choice *choice, void **data, size_t *size);

void lwm_rig_read(struct lwm_package *package, const void *data, size_t size);

/* With a message of one line, and the reader's package is not touched. */
void lwm_rig_refused(const void *data, size_t size);

/* But for how they are stored. */
void lwm_rig_same(const struct lwm_package *a, const struct lwm_package *b);

void lwm_rig_same_codings(const struct lwm_package *a,
			  const struct lwm_package *b);

#endif /* LWM_RIG_H */
